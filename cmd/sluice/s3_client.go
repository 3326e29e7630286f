package main

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/spf13/cobra"

	"sluice/cmd/sluice/streams"
	"sluice/internal/clock"
)

// buckets talks to an S3 endpoint: that of a Sluice, another one, or with --aws
// the real one. Bodies are streams, so nothing is tried twice.
type buckets struct {
	*client
}

// addBuckets gives a command the flags of the stream commands. The endpoint of
// S3 has a variable of its own.
func (p *program) addBuckets(cmd *cobra.Command) *buckets {
	b := &buckets{p.addClient(cmd)}
	b.choice.Env = func(name string) (string, bool) {
		if name == "AWS_ENDPOINT_URL_KINESIS" {
			name = "AWS_ENDPOINT_URL_S3"
		}
		return p.env(name)
	}
	cmd.PersistentFlags().Lookup("endpoint").Usage = "URL of the service ($AWS_ENDPOINT_URL_S3, $AWS_ENDPOINT_URL; default " + streams.DefaultEndpoint + ")"
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	return b
}

// location is s3://BUCKET/KEY, or a file.
type location struct {
	bucket, key string // bucket is empty for a file
	file        string
}

func readLocation(text string) location {
	rest, ok := strings.CutPrefix(text, "s3://")
	if !ok {
		return location{file: text}
	}
	bucket, key, _ := strings.Cut(rest, "/")
	return location{bucket: bucket, key: key}
}

// String is how people write it.
func (l location) String() string {
	if l.bucket == "" {
		return l.file
	}
	return "s3://" + l.bucket + "/" + l.key
}

// path escapes a bucket and key as signatures want it: all but letters, digits,
// four signs, and the slashes of the key.
func (l location) path() string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/"
	if l.bucket == "" {
		return "/"
	}
	var out strings.Builder
	for _, b := range []byte("/" + l.bucket + "/" + l.key) {
		if strings.IndexByte(plain, b) >= 0 {
			out.WriteByte(b)
			continue
		}
		fmt.Fprintf(&out, "%%%02X", b)
	}
	return out.String()
}

// s3Error is an error answer of the service.
type s3Error struct {
	Status        int    `xml:"-"`
	Code, Message string `xml:",omitempty"`
	at            location
}

// Error implements error.
func (e *s3Error) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("%s: %s", e.at, e.Code)
	}
	return fmt.Sprintf("%s: %s (%s)", e.at, strings.TrimSuffix(e.Message, "."), e.Code)
}

// Hint says what to do next.
func (e *s3Error) Hint() string {
	switch e.Code {
	case "NoSuchBucket":
		return "`sluice s3 ls` lists the buckets"
	case "NoSuchKey":
		return "`sluice s3 ls s3://" + e.at.bucket + "/` lists what is there"
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied":
		return "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or choose a --profile"
	}
	return ""
}

// do sends a signed request. size is that of the body.
func (b *buckets) do(ctx context.Context, method string, at location, query url.Values, head http.Header, body io.Reader, size int64) (*http.Response, error) {
	endpoint := b.endpoint.URL
	if endpoint == "" {
		endpoint = "https://s3." + b.endpoint.Region + ".amazonaws.com"
	}
	address := endpoint + at.path()
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	for name, values := range head {
		r.Header[name] = values
	}
	r.ContentLength = size
	if size == 0 {
		r.Body = nil
	}
	if err := b.sign(ctx, r); err != nil {
		return nil, err
	}
	transport, err := b.transport()
	if err != nil {
		return nil, err
	}
	response, err := transport.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &unreachableError{endpoint, err}
	}
	if response.StatusCode/100 == 2 {
		return response, nil
	}
	defer response.Body.Close()
	e := &s3Error{Status: response.StatusCode, at: at}
	raw, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10)) // what is there will do
	if xml.Unmarshal(raw, e) != nil || e.Code == "" {
		e.Code = response.Status
	}
	return nil, e
}

const unsignedBody = "UNSIGNED-PAYLOAD"

func (b *buckets) sign(ctx context.Context, r *http.Request) error {
	keys, err := b.endpoint.Credentials().Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("find credentials: %w", err)
	}
	r.Header.Set("X-Amz-Content-Sha256", unsignedBody)
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	return signer.SignHTTP(ctx, keys, r, unsignedBody, "s3", b.endpoint.Region, clock.Host().Now())
}

// transport has no limit on the whole, for bodies may be large.
func (b *buckets) transport() (*http.Client, error) {
	roots, err := streams.Roots(b.env)
	if err != nil {
		return nil, err
	}
	t := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // as the standard library has it
	t.ResponseHeaderTimeout = time.Minute
	t.DisableCompression = true // bodies arrive as they are kept
	if roots != nil {
		t.TLSClientConfig.RootCAs = roots
	}
	return &http.Client{Transport: t}, nil
}

// listing is a page of ListObjectsV2.
type listing struct {
	Contents []struct {
		Key          string
		Size         int64
		LastModified time.Time
		ETag         string
	}
	CommonPrefixes        []struct{ Prefix string }
	NextContinuationToken string
}

// list calls f for each page of what is in a bucket.
func (b *buckets) list(ctx context.Context, at location, delimiter string, f func(listing) error) error {
	query := url.Values{"list-type": {"2"}, "prefix": {at.key}}
	if delimiter != "" {
		query.Set("delimiter", delimiter)
	}
	for {
		var page listing
		if err := b.document(ctx, location{bucket: at.bucket}, query, &page); err != nil {
			return err
		}
		if err := f(page); err != nil {
			return err
		}
		if page.NextContinuationToken == "" {
			return nil
		}
		query.Set("continuation-token", page.NextContinuationToken)
	}
}

// maxListing bounds a document: a page of a thousand long keys.
const maxListing = 16 << 20

// document gets an XML document.
func (b *buckets) document(ctx context.Context, at location, query url.Values, v any) error {
	r, err := b.do(ctx, http.MethodGet, at, query, nil, nil, 0)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	return xml.NewDecoder(io.LimitReader(r.Body, maxListing)).Decode(v)
}
