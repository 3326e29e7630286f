package sigv4

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Algorithm is the only algorithm that is checked. SigV4a, which signs with
// elliptic curves for several regions, is refused.
const Algorithm = "AWS4-HMAC-SHA256"

// Form is the layout of the times in signatures.
const Form = "20060102T150405Z"

// terminator ends every scope.
const terminator = "aws4_request"

// maxExpiry is how long a presigned URL may live at most.
const maxExpiry = 7 * 24 * time.Hour

// Claim is what a request says about who signed it.
type Claim struct {
	// AccessKey is the id of the key; its secret is not part of a request.
	AccessKey string
	// Date, Region and Service are the scope of the credential.
	Date, Region, Service string
	// SignedHeaders are the names of the headers signed, lower case and sorted
	// as the request lists them.
	SignedHeaders []string
	// Signature is 64 hexadecimal digits as the request spells them.
	Signature string
	// Time is when it was signed, At the same as it was written.
	Time time.Time
	At   string
	// Presigned tells that the signature stands in the query string; Expires
	// is how long it is good from Time on.
	Presigned bool
	Expires   time.Duration
	// Token is the session token of temporary credentials.
	Token string
}

// Scope is the scope of the credential as it is signed.
func (c *Claim) Scope() string {
	return c.Date + "/" + c.Region + "/" + c.Service + "/" + terminator
}

// Parse reads the claim of a request. It returns nil without an error when the
// request carries none.
func Parse(r *http.Request) (*Claim, error) {
	header := r.Header.Get("Authorization")
	presigned := strings.Contains(r.URL.RawQuery, "X-Amz-Signature=") || strings.Contains(r.URL.RawQuery, "X-Amz-Algorithm=")
	switch {
	case len(r.Header.Values("Authorization")) > 1:
		// Two readers could take different ones.
		return nil, &Refusal{Reason: Malformed, Detail: "Authorization is given twice"}
	case header != "" && presigned:
		return nil, &Refusal{Reason: Malformed, Part: Both, Detail: "signature in header and query string"}
	case header != "":
		return parseHeader(r, header)
	case presigned:
		return parseQuery(r)
	}
	return nil, nil
}

func parseHeader(r *http.Request, header string) (*Claim, error) {
	algorithm, rest, _ := strings.Cut(header, " ")
	if algorithm != Algorithm {
		return nil, &Refusal{Reason: Unsupported, Detail: algorithm}
	}
	c := &Claim{Token: r.Header.Get("X-Amz-Security-Token")}
	for part := range strings.FieldsFuncSeq(rest, func(r rune) bool { return r == ',' || r == ' ' }) {
		name, value, _ := strings.Cut(part, "=")
		if err := c.take(name, value); err != nil {
			return nil, err
		}
	}
	at := r.Header.Get("X-Amz-Date")
	if at == "" {
		if t, err := http.ParseTime(r.Header.Get("Date")); err == nil {
			at = t.UTC().Format(Form)
		}
	}
	return c.whole(at)
}

// take takes one part of the header. A part given twice is refused, because
// two readers could take different ones.
func (c *Claim) take(name, value string) error {
	twice := false
	switch name {
	case "Credential":
		twice = c.AccessKey != ""
		return refuseTwice(twice, name, c.takeCredential(value))
	case "SignedHeaders":
		twice, c.SignedHeaders = c.SignedHeaders != nil, strings.Split(value, ";")
	case "Signature":
		twice, c.Signature = c.Signature != "", value
	}
	return refuseTwice(twice, name, nil)
}

func refuseTwice(twice bool, name string, err error) error {
	if twice {
		return &Refusal{Reason: Malformed, Detail: name + " is given twice"}
	}
	return err
}

func (c *Claim) takeCredential(v string) error {
	parts := strings.Split(v, "/")
	// Access keys may hold slashes, the four words of the scope do not.
	n := len(parts)
	if n < 5 || parts[n-1] != terminator {
		return &Refusal{Reason: Malformed, Part: TheCredential, Detail: v}
	}
	c.AccessKey = strings.Join(parts[:n-4], "/")
	c.Date, c.Region, c.Service = parts[n-4], parts[n-3], parts[n-2]
	return nil
}

func parseQuery(r *http.Request) (*Claim, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &Refusal{Reason: Malformed, Detail: "query string"}
	}
	for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Expires", "X-Amz-Security-Token"} {
		switch {
		case len(q[name]) > 1:
			return nil, &Refusal{Reason: Malformed, Detail: name + " is given twice"}
		case len(q[name]) == 0 && name != "X-Amz-Security-Token":
			return nil, &Refusal{Reason: Malformed, Part: Some, Detail: name + " is missing"}
		}
	}
	if a := q.Get("X-Amz-Algorithm"); a != Algorithm {
		return nil, &Refusal{Reason: Unsupported, Detail: a}
	}
	c := &Claim{Presigned: true, Signature: q.Get("X-Amz-Signature"), Token: q.Get("X-Amz-Security-Token")}
	if err := c.takeCredential(q.Get("X-Amz-Credential")); err != nil {
		return nil, err
	}
	if v := q.Get("X-Amz-SignedHeaders"); v != "" {
		c.SignedHeaders = strings.Split(v, ";")
	}
	seconds, err := strconv.Atoi(q.Get("X-Amz-Expires"))
	c.Expires = time.Duration(seconds) * time.Second
	if err != nil || seconds < 0 || seconds > int(maxExpiry/time.Second) {
		return nil, &Refusal{Reason: Malformed, Part: TheExpiry, Detail: q.Get("X-Amz-Expires")}
	}
	return c.whole(q.Get("X-Amz-Date"))
}

// whole checks that every part is there.
func (c *Claim) whole(at string) (*Claim, error) {
	missing := ""
	switch {
	case c.AccessKey == "":
		missing = "Credential"
	case c.Signature == "":
		missing = "Signature"
	case len(c.SignedHeaders) == 0:
		missing = "SignedHeaders"
	}
	if missing != "" {
		return nil, &Refusal{Reason: Malformed, Part: Some, Detail: missing + " is missing"}
	}
	t, err := time.Parse(Form, at)
	if err != nil {
		return nil, &Refusal{Reason: Malformed, Part: TheDate, Detail: at}
	}
	c.Time, c.At = t, at
	if !slices.IsSorted(c.SignedHeaders) {
		return nil, &Refusal{Reason: Malformed, Detail: "SignedHeaders are not sorted"}
	}
	return c, nil
}
