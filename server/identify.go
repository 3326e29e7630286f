package server

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"sluice/internal/caller"
	"sluice/internal/sigv4"
	"sluice/server/wire"
)

// scope is what a request says about itself by its signature. Whether it is
// true is another matter, see auth.go; the form is looked at in any case, so
// that a client's mistakes show.
type scope struct {
	header string     // Authorization, empty when absent
	query  url.Values // nil unless the query string holds the signature
	older  bool       // the query string holds a signature of version 2
	// Parts of the credential.
	key, region, service string
	missing              missing
}

// missing are the parts of a signature that are not there.
type missing struct {
	algorithm, credential, signature, signedHeaders, date bool
}

// readScope parses the signature of r, in its header or in its query string.
func readScope(r *http.Request) scope {
	s := scope{header: r.Header.Get("Authorization")}
	if strings.Contains(r.URL.RawQuery, "X-Amz-Algorithm") {
		if q := r.URL.Query(); q.Has("X-Amz-Algorithm") {
			s.query = q
		}
	}
	if s.header == "" && s.query == nil && strings.Contains(r.URL.RawQuery, "AWSAccessKeyId=") {
		if q := r.URL.Query(); sigv4.IsOlder(q) {
			s.older, s.key = true, q.Get("AWSAccessKeyId")
			return s
		}
	}
	switch {
	case s.header != "":
		s.readHeader(r)
	case s.query != nil:
		s.readQuery()
	}
	return s
}

func (s *scope) readHeader(r *http.Request) {
	var credential, signature, signed string
	// The first word is the algorithm; commas and spaces separate the rest.
	_, rest, _ := strings.Cut(s.header, " ")
	for rest != "" {
		var part string
		if i := strings.IndexAny(rest, ", "); i >= 0 {
			part, rest = rest[:i], rest[i+1:]
		} else {
			part, rest = rest, ""
		}
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "Credential":
			credential = value
		case "Signature":
			signature = value
		case "SignedHeaders":
			signed = value
		}
	}
	s.missing = missing{
		credential:    credential == "",
		signature:     signature == "",
		signedHeaders: signed == "",
		date:          r.Header.Get("X-Amz-Date") == "" && r.Header.Get("Date") == "",
	}
	s.readCredential(credential)
	if s.region == "" {
		// SigV4a signs for a set of regions that stands in a header of its own.
		s.region, _, _ = strings.Cut(r.Header.Get("X-Amz-Region-Set"), ",")
	}
}

func (s *scope) readQuery() {
	q := s.query
	s.missing = missing{
		algorithm:     q.Get("X-Amz-Algorithm") == "",
		credential:    q.Get("X-Amz-Credential") == "",
		signature:     q.Get("X-Amz-Signature") == "",
		signedHeaders: q.Get("X-Amz-SignedHeaders") == "",
		date:          q.Get("X-Amz-Date") == "",
	}
	s.readCredential(q.Get("X-Amz-Credential"))
	if s.region == "" {
		s.region, _, _ = strings.Cut(q.Get("X-Amz-Region-Set"), ",")
	}
}

// readCredential takes KEY/DATE/REGION/SERVICE/aws4_request apart; SigV4a
// leaves the region out.
func (s *scope) readCredential(credential string) {
	s.key, credential, _ = strings.Cut(credential, "/")
	var parts [5]string
	n := 0
	for more := true; more && n < len(parts); n++ {
		parts[n], credential, more = strings.Cut(credential, "/")
	}
	switch n {
	case 4:
		s.region, s.service = parts[1], parts[2]
	case 3:
		s.service = parts[1]
	}
}

// fault returns the error of a signature that is absent or malformed, with the
// service's own texts.
func (s *scope) fault(status int) *wire.Fault {
	switch {
	case s.header != "" && s.query != nil:
		return clientFault("InvalidSignatureException", status,
			"Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
	case s.header != "":
		return s.headerFault(status)
	case s.query != nil:
		return s.queryFault(status)
	}
	return clientFault("MissingAuthenticationTokenException", status, "Missing Authentication Token")
}

func (s *scope) headerFault(status int) *wire.Fault {
	if s.missing != (missing{}) {
		var text strings.Builder
		say := func(absent bool, name string) {
			if absent {
				fmt.Fprintf(&text, "Authorization header requires '%s' parameter. ", name)
			}
		}
		say(s.missing.credential, "Credential")
		say(s.missing.signature, "Signature")
		say(s.missing.signedHeaders, "SignedHeaders")
		if s.missing.date {
			text.WriteString("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
		}
		text.WriteString("Authorization=" + s.header)
		return clientFault("IncompleteSignatureException", status, text.String())
	}
	return s.regionFault(status)
}

func (s *scope) queryFault(status int) *wire.Fault {
	if s.missing != (missing{}) {
		var text strings.Builder
		say := func(absent bool, name string) {
			if absent {
				fmt.Fprintf(&text, "AWS query-string parameters must include '%s'. ", name)
			}
		}
		say(s.missing.algorithm, "X-Amz-Algorithm")
		say(s.missing.credential, "X-Amz-Credential")
		say(s.missing.signature, "X-Amz-Signature")
		say(s.missing.signedHeaders, "X-Amz-SignedHeaders")
		say(s.missing.date, "X-Amz-Date")
		text.WriteString("Re-examine the query-string parameters.")
		return clientFault("IncompleteSignatureException", status, text.String())
	}
	return s.regionFault(status)
}

// regionFault refuses regions that cannot be part of a name: they end up in
// ARNs and stored keys.
func (s *scope) regionFault(status int) *wire.Fault {
	if s.region == "" || isRegion(s.region) {
		return nil
	}
	return clientFault("InvalidSignatureException", status, "Credential should be scoped to a valid region. ")
}

// isRegion tells what regionForm does, for every request.
func isRegion(s string) bool {
	if len(s) < 1 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		if b := s[i]; !(b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '-' || b >= 'A' && b <= 'Z') {
			return false
		}
	}
	return true
}

func clientFault(code string, status int, message string) *wire.Fault {
	return &wire.Fault{Code: code, Message: message, Status: status, Sender: true, BodyKey: "message"}
}

// caller tells who calls: the account is an access key of 12 digits, the
// region that of the signature, else of the host name.
func (s *Server) caller(r *http.Request, sc *scope, requestID string) caller.Caller {
	c := caller.Caller{Account: s.cfg.Account, Region: sc.region, AccessKeyID: sc.key, RequestID: requestID}
	if isAccount(sc.key) {
		c.Account = sc.key
	}
	if c.Region == "" {
		c.Region = hostRegion(r.Host)
	}
	if c.Region == "" {
		c.Region = s.cfg.Region
	}
	return c
}

func isAccount(key string) bool {
	if len(key) != 12 {
		return false
	}
	for _, digit := range []byte(key) {
		if digit < '0' || digit > '9' {
			return false
		}
	}
	return true
}

// hostRegion reads the region out of the service's own host names, which reach
// Sluice when somebody points DNS at it: kinesis.R.amazonaws.com and
// A.control-kinesis.R.amazonaws.com, and their api.aws forms.
func hostRegion(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	name, found := strings.CutSuffix(host, ".amazonaws.com")
	if !found {
		name, found = strings.CutSuffix(host, ".api.aws")
	}
	if !found {
		return ""
	}
	labels := strings.Split(name, ".")
	region := labels[len(labels)-1]
	if len(labels) < 2 || !regionForm.MatchString(region) {
		return ""
	}
	return region
}
