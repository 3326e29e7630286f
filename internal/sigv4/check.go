package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Window is how far the time of signing may be from now in either direction.
// S3 allows 15 minutes, the other services 5.
const (
	Window   = 5 * time.Minute
	WindowS3 = 15 * time.Minute
)

// UnsignedPayload stands for the hash of a body that is not signed.
const UnsignedPayload = "UNSIGNED-PAYLOAD"

// Check is what a claim is held against.
type Check struct {
	// Secret is the secret of the claim's access key.
	Secret string
	// Now is host time.
	Now time.Time
	// Service must be the scope's; Region too, unless it is empty.
	Service, Region string
	// PayloadHash is the hash of the body in hexadecimal, or what stands in
	// for it: UNSIGNED-PAYLOAD or one of the STREAMING values.
	PayloadHash string
	// S3 selects the rules of S3 for paths, headers and the window.
	S3 bool
}

// Proof is a signature that was found right; it begins the chain of chunk
// signatures.
type Proof struct {
	key   []byte
	scope string
	at    string
	// Signature is the one checked.
	Signature string
}

// Check computes the signature of a request anew and compares it. The order of
// the checks is that of the services: scope, time, then the signature, so that
// a wrong clock is told apart from a wrong secret.
func (c *Claim) Check(r *http.Request, k Check) (*Proof, error) {
	if err := c.checkScope(k); err != nil {
		return nil, err
	}
	if err := c.checkTime(k); err != nil {
		return nil, err
	}
	if err := c.checkHeaders(r, k.S3); err != nil {
		return nil, err
	}
	headers, missing := canonicalHeaders(r, c.SignedHeaders)
	if missing != "" {
		return nil, &Refusal{Reason: Mismatch, Detail: "signed header " + missing + " is not in the request"}
	}
	if _, err := url.ParseQuery(r.URL.RawQuery); err != nil {
		// What is served leaves out the parameters that cannot be read, while their
		// signature is that of another spelling, which can be.
		return nil, &Refusal{Reason: Mismatch, Detail: "the query string cannot be read"}
	}
	canonical := strings.Join([]string{
		r.Method, canonicalPath(r, k.S3), canonicalQuery(r.URL.RawQuery, c.Presigned),
		headers, strings.Join(c.SignedHeaders, ";"), k.PayloadHash,
	}, "\n")
	digest := sha256.Sum256([]byte(canonical))
	text := strings.Join([]string{Algorithm, c.At, c.Scope(), hex.EncodeToString(digest[:])}, "\n")
	key := signingKey(k.Secret, c.Date, c.Region, c.Service)
	want := hex.EncodeToString(mac(key, text))
	if subtle.ConstantTimeCompare([]byte(want), []byte(c.Signature)) != 1 {
		return nil, &Refusal{Reason: Mismatch, StringToSign: text, CanonicalRequest: canonical}
	}
	return &Proof{key: key, scope: c.Scope(), at: c.At, Signature: want}, nil
}

func (c *Claim) checkScope(k Check) error {
	switch day := c.Time.Format("20060102"); {
	case c.Service != k.Service:
		return &Refusal{Reason: WrongService, Detail: c.Service}
	case c.Region == "", k.Region != "" && c.Region != k.Region:
		return &Refusal{Reason: WrongRegion, Detail: c.Region}
	case c.Date != day:
		return &Refusal{Reason: WrongDate, Detail: c.Date, At: c.At}
	}
	return nil
}

func (c *Claim) checkTime(k Check) error {
	window := Window
	if k.S3 {
		window = WindowS3
	}
	switch {
	case c.Time.After(k.Now.Add(window)):
		return &Refusal{Reason: Early, At: c.At, Now: k.Now}
	case c.Presigned && k.Now.After(c.Time.Add(c.Expires)):
		return &Refusal{Reason: Overdue, At: c.At, Now: k.Now, Life: c.Expires}
	case !c.Presigned && c.Time.Before(k.Now.Add(-window)):
		return &Refusal{Reason: Late, At: c.At, Now: k.Now}
	}
	return nil
}

// checkHeaders wants the host signed, and the operation where a header names it;
// with S3 every x-amz- header too.
func (c *Claim) checkHeaders(r *http.Request, s3 bool) error {
	signed := func(name string) bool { return slices.Contains(c.SignedHeaders, name) }
	if !signed("host") && !signed(":authority") {
		return &Refusal{Reason: Unsigned, Detail: "host"}
	}
	if !s3 {
		if r.Header.Get("X-Amz-Target") != "" && !signed("x-amz-target") {
			return &Refusal{Reason: Mismatch, Detail: "x-amz-target is not signed"}
		}
		return nil
	}
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-amz-") && !signed(name) {
			return &Refusal{Reason: Unsigned, Detail: name}
		}
	}
	return nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func signingKey(secret, date, region, service string) []byte {
	return mac(mac(mac(mac([]byte("AWS4"+secret), date), region), service), terminator)
}

// BodyHash is the hash of a body as it is signed.
func BodyHash(body []byte) string {
	digest := sha256.Sum256(body)
	return hex.EncodeToString(digest[:])
}
