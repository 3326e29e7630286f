package s3

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// corsRule lets pages of some origins call.
type corsRule struct {
	ID     string   `json:"id,omitempty" xml:"ID"`
	Origin []string `json:"o" xml:"AllowedOrigin"`
	Method []string `json:"m" xml:"AllowedMethod"`
	Header []string `json:"h,omitempty" xml:"AllowedHeader"`
	Expose []string `json:"e,omitempty" xml:"ExposeHeader"`
	MaxAge *int     `json:"a,omitempty" xml:"MaxAgeSeconds"`
}

// maxRules is how many a bucket has at most.
const maxRules = 100

var corsMethods = []string{http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete, http.MethodHead}

// headerName is what a name of a header may consist of, RFC 9110, and a star.
var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

func (r *corsRule) validate() error {
	for _, origin := range r.Origin {
		if strings.Count(origin, "*") > 1 {
			return invalidRequest(`AllowedOrigin "` + origin + `" can not have more than one wildcard.`)
		}
	}
	for _, method := range r.Method {
		if !slices.Contains(corsMethods, method) {
			return invalidRequest("Found unsupported HTTP method in CORS config. Unsupported method is " + method)
		}
	}
	for _, header := range r.Header {
		if !headerName.MatchString(header) {
			return invalidRequest(`AllowedHeader "` + header + `" contains invalid character.`)
		}
		if strings.Count(header, "*") > 1 {
			return invalidRequest(`AllowedHeader "` + header + `" can not have more than one wildcard.`)
		}
	}
	for _, header := range r.Expose {
		if strings.Contains(header, "*") {
			return invalidRequest(`ExposeHeader "` + header + `" contains wildcard. We currently do not support wildcard for ExposeHeader.`)
		}
		if !headerName.MatchString(header) {
			return invalidRequest(`ExposeHeader "` + header + `" contains invalid character.`)
		}
	}
	if len(r.Origin) == 0 || len(r.Method) == 0 {
		return malformedXML()
	}
	return nil
}

// wild compares a text with a pattern that may hold one star.
func wild(pattern, text string) bool {
	before, behind, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == text
	}
	return len(text) >= len(before)+len(behind) && strings.HasPrefix(text, before) && strings.HasSuffix(text, behind)
}

// allows tells whether the rule lets a page call.
func (r *corsRule) allows(origin, method string, headers []string) bool {
	any := func(patterns []string, text string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return wild(p, text) })
	}
	if !any(r.Origin, origin) || !slices.Contains(r.Method, method) {
		return false
	}
	for _, header := range headers {
		if !slices.ContainsFunc(r.Header, func(p string) bool { return wild(strings.ToLower(p), strings.ToLower(header)) }) {
			return false
		}
	}
	return true
}

// stamp adds what browsers want to see.
func (r *corsRule) stamp(h http.Header, origin string) {
	allowed := origin
	if slices.Contains(r.Origin, "*") {
		allowed = "*"
	}
	h.Set("Access-Control-Allow-Origin", allowed)
	if allowed != "*" {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(r.Method, ", "))
	if len(r.Expose) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(r.Expose, ", "))
	}
	if r.MaxAge != nil {
		h.Set("Access-Control-Max-Age", strconv.Itoa(*r.MaxAge))
	}
	h.Set("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
}

// stampCORS lets the page that calls read the answer, if the bucket has a rule
// for it.
func (c *call) stampCORS() error {
	origin := c.r.Header.Get("Origin")
	rules := c.bucket.record.Load().CORS
	if origin == "" || len(rules) == 0 {
		return nil
	}
	method, headers := c.r.Method, []string(nil)
	asked := c.r.Header.Get("Access-Control-Request-Method")
	if asked != "" || c.r.Header.Get("Access-Control-Request-Headers") != "" {
		var err error
		if method, headers, err = c.readPreflight(cmp.Or(asked, method)); err != nil {
			return err
		}
	}
	for _, rule := range rules {
		if rule.allows(origin, method, headers) {
			rule.stamp(c.w.Header(), origin)
			break
		}
	}
	return nil
}

// readPreflight reads which method and headers a page wants to use.
func (c *call) readPreflight(asked string) (method string, headers []string, err error) {
	method = asked
	if !slices.Contains(corsMethods, method) {
		return "", nil, bad("BadRequest", "Invalid Access-Control-Request-Method: "+method)
	}
	for header := range strings.SplitSeq(c.r.Header.Get("Access-Control-Request-Headers"), ",") {
		if header = strings.TrimSpace(header); header == "" {
			continue
		}
		if !headerName.MatchString(header) {
			return "", nil, bad("BadRequest", `Access-Control-Request-Headers "`+header+`" contains invalid character.`)
		}
		headers = append(headers, header)
	}
	return method, headers, nil
}

// preflight answers a browser that asks before it calls.
func (c *call) preflight() error {
	origin := c.r.Header.Get("Origin")
	if origin == "" {
		return bad("BadRequest", "Insufficient information. Origin request header needed.")
	}
	method, headers, err := c.readPreflight(c.r.Header.Get("Access-Control-Request-Method"))
	if err != nil {
		return err
	}
	b, err := c.s.mustFind(c.bucketName)
	if err != nil {
		return err
	}
	resource := "BUCKET"
	if c.key != "" {
		resource = "OBJECT"
	}
	rules := b.record.Load().CORS
	if len(rules) == 0 {
		return fault(http.StatusForbidden, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.", "Method", method, "ResourceType", resource)
	}
	for _, rule := range rules {
		if rule.allows(origin, method, headers) {
			h := c.w.Header()
			rule.stamp(h, origin)
			if len(headers) > 0 {
				h.Set("Access-Control-Allow-Headers", strings.ToLower(strings.Join(headers, ", ")))
			}
			c.reply(http.StatusOK, nil)
			return nil
		}
	}
	return fault(http.StatusForbidden, "AccessForbidden", "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
		"Method", method, "ResourceType", resource)
}
