package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/spf13/cobra"

	"sluice"
	"sluice/internal/clock"
)

// caller makes signed calls of the services of a running server, without their
// clients. It never goes to the real AWS.
type caller struct {
	*program
	admin           *admin
	region, account string
}

func (p *program) addCaller(cmd *cobra.Command) *caller {
	c := &caller{program: p, admin: p.addAdmin(cmd)}
	cmd.Flags().StringVar(&c.region, "region", "", "region ($AWS_REGION, $AWS_DEFAULT_REGION; default us-east-1)")
	cmd.Flags().StringVar(&c.account, "account", sluice.DefaultAccount, "account")
	return c
}

// serviceError is an error answer of a service.
type serviceError struct {
	status        int
	code, message string
}

// Error implements error.
func (e *serviceError) Error() string { return e.code + ": " + e.message }

func (c *caller) where() string {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if value, _ := c.env(name); c.region == "" {
			c.region = value
		}
	}
	if c.region == "" {
		c.region = sluice.DefaultRegion
	}
	return c.region
}

// maxReply bounds what is read of an answer: functions answer 6 MB.
const maxReply = 16 << 20

// call sends a signed request and returns a good answer.
func (c *caller) call(ctx context.Context, service, method, path string, header http.Header, body []byte, patience time.Duration) (http.Header, []byte, error) {
	endpoint, err := c.admin.url()
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout+patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, endpoint+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	for name, values := range header {
		r.Header[name] = values
	}
	sum := sha256.Sum256(body)
	keys := aws.Credentials{AccessKeyID: c.account, SecretAccessKey: "sluice"}
	if err := v4.NewSigner().SignHTTP(ctx, keys, r, hex.EncodeToString(sum[:]), service, c.where(), clock.Host().Now()); err != nil {
		return nil, nil, err
	}
	response, err := c.admin.do(r, endpoint)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxReply))
	if err != nil {
		return nil, nil, &unreachableError{endpoint, err}
	}
	if response.StatusCode/100 != 2 {
		return nil, nil, serviceErrorOf(response, answer)
	}
	return response.Header, answer, nil
}

func serviceErrorOf(r *http.Response, answer []byte) error {
	var doc struct {
		Type    string `json:"__type"`
		Message string
	}
	_ = json.Unmarshal(answer, &doc)
	code := r.Header.Get("X-Amzn-ErrorType")
	if code == "" {
		code = doc.Type
	}
	code, _, _ = strings.Cut(code, ":")
	if code == "" {
		code = fmt.Sprintf("%d %s", r.StatusCode, http.StatusText(r.StatusCode))
	}
	return &serviceError{r.StatusCode, code[strings.LastIndexByte(code, '#')+1:], doc.Message}
}

// target calls an operation of Kinesis.
func (c *caller) target(ctx context.Context, operation string, in any) ([]byte, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	_, answer, err := c.call(ctx, "kinesis", http.MethodPost, "/", http.Header{
		"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"Kinesis_20131202." + operation}}, body, 0)
	return answer, err
}

// lambda calls an operation of Lambda.
func (c *caller) lambda(ctx context.Context, method, path string, in any) ([]byte, error) {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, err
		}
	}
	_, answer, err := c.call(ctx, "lambda", method, "/2015-03-31/"+path, http.Header{"Content-Type": {"application/json"}}, body, 0)
	return answer, err
}

// is tells whether err is that error of a service.
func is(err error, code string) bool {
	var e *serviceError
	return errors.As(err, &e) && e.code == code
}

func (c *caller) query() string {
	return "account=" + url.QueryEscape(c.account) + "&region=" + url.QueryEscape(c.where())
}
