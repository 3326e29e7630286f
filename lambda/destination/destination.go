// Package destination sends failure documents to queues, topics and buckets
// by the requests that the services take: SQS and SNS by their query protocol,
// which every version and every imitation speaks, S3 by a plain PUT.
package destination

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sluice/lambda/poller"
)

// Buckets are the buckets of this server.
type Buckets interface {
	// PutObject stores an object. It reports false when there is no such bucket.
	PutObject(ctx context.Context, account, region, bucket, key, contentType string, body []byte) (known bool, err error)
}

// Client sends failure documents.
type Client struct {
	endpoints map[string]string
	buckets   Buckets
	http      *http.Client
}

// timeout bounds a delivery, in host time.
const timeout = 30 * time.Second

// New returns a client. endpoints names where to send: by the whole ARN of a
// destination, or by service, "sqs", "sns" and "s3". Buckets without an
// endpoint are looked for in buckets, which may be nil.
func New(endpoints map[string]string, buckets Buckets) *Client {
	return &Client{endpoints: endpoints, buckets: buckets, http: &http.Client{Timeout: timeout}}
}

// CheckEndpoint tells what is wrong with an entry of New, in words for people.
func CheckEndpoint(name, address string) error {
	if u, err := url.Parse(address); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%q is not a URL such as http://127.0.0.1:9324", address)
	}
	switch name {
	case "sqs", "sns", "s3":
		return nil
	}
	if len(strings.SplitN(name, ":", 6)) < 6 {
		return fmt.Errorf("%q is neither sqs, sns, s3 nor the ARN of a destination", name)
	}
	return nil
}

// Deliver sends a failure to its destination. It reports false when it knows
// no way there.
func (c *Client) Deliver(ctx context.Context, f poller.Failure, name string) (known bool, err error) {
	parts := strings.SplitN(f.Destination, ":", 6)
	if len(parts) != 6 {
		return false, nil
	}
	to := arn{text: f.Destination, service: parts[2], region: or(parts[3], f.Region), account: or(parts[4], f.Account), resource: parts[5]}
	endpoint, ok := c.endpoints[to.text]
	if !ok {
		endpoint, ok = c.endpoints[to.service]
	}
	endpoint = strings.TrimSuffix(endpoint, "/")
	switch {
	case ok && to.service == "sqs":
		return true, c.form(ctx, to, endpoint+"/"+to.account+"/"+to.resource, withAttributes("MessageAttribute.", f.Attributes, url.Values{"Action": {"SendMessage"},
			"Version": {"2012-11-05"}, "QueueUrl": {endpoint + "/" + to.account + "/" + to.resource}, "MessageBody": {string(f.Document)}}))
	case ok && to.service == "sns":
		return true, c.form(ctx, to, endpoint+"/", withAttributes("MessageAttributes.entry.", f.Attributes, url.Values{"Action": {"Publish"}, "Version": {"2010-03-31"},
			"TopicArn": {to.text}, "Message": {string(f.Document)}}))
	case ok && to.service == "s3":
		request, err := http.NewRequestWithContext(ctx, http.MethodPut, endpoint+"/"+to.resource+"/"+name, bytes.NewReader(f.WithPayload()))
		if err != nil {
			return true, err
		}
		request.Header.Set("Content-Type", "application/json")
		return true, c.send(to, request)
	case to.service == "s3" && c.buckets != nil:
		return c.buckets.PutObject(ctx, to.account, to.region, to.resource, name, "application/json", f.WithPayload())
	}
	return false, nil
}

// withAttributes adds attributes of a message to a form, under a prefix.
func withAttributes(prefix string, list []poller.Attribute, form url.Values) url.Values {
	for i, a := range list {
		at := prefix + strconv.Itoa(i+1)
		form.Set(at+".Name", a.Name)
		form.Set(at+".Value.DataType", a.Type)
		form.Set(at+".Value.StringValue", a.Value)
	}
	return form
}

type arn struct{ text, service, region, account, resource string }

func (c *Client) form(ctx context.Context, to arn, address string, form url.Values) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.send(to, request)
}

// excerpt is how much of a refusal is told.
const excerpt = 512

// send sends a request that names its service and account, as imitations of
// AWS want it, under a signature that nobody can have meant to check.
func (c *Client) send(to arn, request *http.Request) error {
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+to.account+"/20260101/"+to.region+"/"+to.service+
		"/aws4_request, SignedHeaders=host, Signature="+strings.Repeat("0", 64))
	answer, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, excerpt))
	if err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("%s answers %s: %s", request.URL.Host, answer.Status, strings.Join(strings.Fields(string(text)), " "))
	}
	return nil
}

func or(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}
