package s3

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"sluice/internal/caller"
)

// ServeHTTP implements http.Handler: it answers every request to the service.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{s: s, w: w, r: r, ctx: r.Context()}
	c.who, _ = caller.From(c.ctx)
	h := w.Header()
	h.Set("X-Amz-Request-Id", requestID(c.who.RequestID))
	h.Set("X-Amz-Id-2", hostID(c.who.RequestID))
	defer func() {
		if c.unwatch != nil {
			c.unwatch()
		}
	}()
	if err := c.serve(); err != nil {
		c.fail(err)
	}
}

// Fail answers with an error of any code, as fault rules order it.
func (s *Store) Fail(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	who, _ := caller.From(r.Context())
	w.Header().Set("X-Amz-Request-Id", requestID(who.RequestID))
	writeError(w, r, fault(status, code, message), who.RequestID)
}

// hostID stands for the id of the host that answers, which nobody looks into.
func hostID(id string) string {
	return base64.StdEncoding.EncodeToString([]byte("sluice/" + id))
}

func (c *call) serve() error {
	query, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		query = c.r.URL.Query() // what can be read of it
	}
	c.query = query
	c.bucketName, c.key = c.s.address(c.r)
	if !utf8.ValidString(c.key) || !utf8.ValidString(c.bucketName) || strings.ContainsRune(c.key, utf8.RuneError) && !strings.Contains(c.r.URL.Path, "\uFFFD") {
		return bad("InvalidURI", "Couldn't parse the specified URI.", "URI", c.r.URL.EscapedPath())
	}
	if c.r.Method == http.MethodOptions {
		return c.preflight()
	}
	if err := c.checkPresigned(); err != nil {
		return err
	}
	if err := c.checkShape(); err != nil {
		return err
	}
	if c.op = c.s.routes.find(c); c.op == nil {
		return c.unknown()
	}
	if len(c.key) > maxKey {
		return keyTooLong(len(c.key))
	}
	if c.op.level != levelService && c.op.name != "CreateBucket" {
		if c.bucket = c.s.find(c.bucketName); c.bucket == nil {
			if !ValidBucketName(c.bucketName) {
				return invalidBucketName(c.bucketName)
			}
			return noSuchBucket(c.bucketName)
		}
		if err := c.checkOwner("X-Amz-Expected-Bucket-Owner", c.bucket); err != nil {
			return err
		}
		if err := c.stampCORS(); err != nil {
			return err
		}
	}
	if err := c.permit(); err != nil {
		return err
	}
	return c.op.serve(c)
}

// checkShape refuses what makes no sense whatever it is about.
func (c *call) checkShape() error {
	method, uploads := c.r.Method, c.query.Has("uploadId")
	source := c.r.Header.Get("X-Amz-Copy-Source")
	switch {
	case source != "" && method != http.MethodPut && (method != http.MethodPost || uploads):
		return invalidArgument("x-amz-copy-source", source, "You can only specify a copy source header for copy requests.")
	case c.key == "":
	case method == http.MethodGet && c.query.Has("uploads"):
		return invalidRequest("Key is not expected for the GET method ?uploads subresource")
	case method == http.MethodGet && c.query.Has("versions"):
		return invalidRequest("There is no such thing as the ?versions sub-resource for a key")
	case method == http.MethodPut && uploads && !c.query.Has("partNumber"):
		c.w.Header().Set("Allow", "DELETE, POST, GET")
		return methodNotAllowed(method, "UPLOAD")
	case method == http.MethodPut && c.query.Has("partNumber") && !uploads:
		return invalidArgument("partNumber", "partNumber", "This operation does not accept partNumber without uploadId")
	}
	return nil
}

// checkOwner compares the owner that a client expects.
func (c *call) checkOwner(header string, b *bucket) error {
	if want := c.r.Header.Get(header); want != "" && want != b.record.Load().Account {
		return accessDenied()
	}
	return nil
}

// unknown is the answer to a method or subresource that no operation has.
func (c *call) unknown() error {
	if c.key != "" && c.r.Method != http.MethodPost {
		return methodNotAllowed(c.r.Method, "OBJECT")
	}
	if c.bucketName != "" && c.key == "" {
		return methodNotAllowed(c.r.Method, "BUCKET")
	}
	return methodNotAllowed(c.r.Method, "SERVICE")
}

// Operation names the operation of a request, for logs and metrics; empty when
// it is none.
func (s *Store) Operation(r *http.Request) string {
	if r.Method == http.MethodOptions {
		return "Preflight"
	}
	c := &call{s: s, r: r, query: r.URL.Query()}
	c.bucketName, c.key = s.address(r)
	if op := s.routes.find(c); op != nil {
		return op.name
	}
	return ""
}
