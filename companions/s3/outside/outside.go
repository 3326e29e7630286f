// Package outside puts objects into buckets of another S3 endpoint: MinIO, AWS
// itself, anything that speaks the protocol. Deliveries use it for the buckets
// that the settings send there.
package outside

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"sluice/internal/clock"
	"sluice/internal/endpoint"
)

// patience is how long one request may take, in host time.
const patience = 30 * time.Second

// Config of New.
type Config struct {
	// URL is where the endpoint is. Buckets are in the path.
	URL    string
	Region string
	// Keys sign requests; without a key id they go unsigned.
	Keys aws.Credentials
	// Host is host time, which signatures carry.
	Host clock.Clock
}

// Endpoint is an S3 endpoint elsewhere. Its methods may be called concurrently.
type Endpoint struct {
	cfg    Config
	base   *url.URL
	client *http.Client
}

// Check tells what is wrong with a URL.
func Check(text string) error {
	_, err := endpoint.Parse(text, "http://127.0.0.1:9000")
	return err
}

// New returns an endpoint. It connects to nothing yet.
func New(c Config) (*Endpoint, error) {
	if err := Check(c.URL); err != nil {
		return nil, err
	}
	base, err := url.Parse(strings.TrimSuffix(c.URL, "/"))
	if err != nil {
		return nil, err
	}
	return &Endpoint{cfg: c, base: base, client: &http.Client{Timeout: patience}}, nil
}

// Error is what the endpoint has answered.
type Error struct {
	Status        int
	Code, Message string
}

// Error implements error.
func (e *Error) Error() string {
	return strings.TrimRight(fmt.Sprintf("the outside bucket answers %d %s: %s", e.Status, e.Code, e.Message), ": ")
}

// HeadBucket tells whether a bucket is there. owner, when set, must own it.
func (e *Endpoint) HeadBucket(ctx context.Context, bucket, owner string) error {
	head := http.Header{}
	if owner != "" {
		head.Set("X-Amz-Expected-Bucket-Owner", owner)
	}
	return e.do(ctx, http.MethodHead, bucket, "", nil, head)
}

// Put stores an object.
func (e *Endpoint) Put(ctx context.Context, bucket, key string, body []byte, head http.Header) error {
	return e.do(ctx, http.MethodPut, bucket, key, body, head)
}

func (e *Endpoint) do(ctx context.Context, method, bucket, key string, body []byte, head http.Header) error {
	address := *e.base
	path := e.base.EscapedPath() + "/" + escape(bucket)
	if key != "" {
		path += "/" + escape(key)
	}
	r, err := http.NewRequestWithContext(ctx, method, address.Scheme+"://"+address.Host+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for name, values := range head {
		r.Header[name] = values
	}
	if err := e.sign(ctx, r, body); err != nil {
		return err
	}
	response, err := e.client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	const most = 64 << 10 // of what it says about an error
	raw, _ := io.ReadAll(io.LimitReader(response.Body, most))
	if response.StatusCode/100 == 2 {
		return nil
	}
	out := &Error{Status: response.StatusCode}
	_ = xml.Unmarshal(raw, out) // a proxy may have answered
	return out
}

func (e *Endpoint) sign(ctx context.Context, r *http.Request, body []byte) error {
	if e.cfg.Keys.AccessKeyID == "" {
		return nil
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Content-Sha256", hash)
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	return signer.SignHTTP(ctx, e.cfg.Keys, r, hash, "s3", e.cfg.Region, e.cfg.Host.Now())
}

// escape spells a name as signatures want it; slashes stay.
func escape(text string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/"
	var out strings.Builder
	for _, b := range []byte(text) {
		if strings.IndexByte(plain, b) >= 0 {
			out.WriteByte(b)
			continue
		}
		fmt.Fprintf(&out, "%%%02X", b)
	}
	return out.String()
}
