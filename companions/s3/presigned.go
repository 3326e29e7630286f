package s3

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxExpiry is how long a presigned URL can be good for.
const maxExpiry = 7 * 24 * time.Hour

const amzDate = "20060102T150405Z"

// checkPresigned refuses presigned URLs that are malformed or whose time has
// passed, by the clock of the machine. Signatures are the door's business.
func (c *call) checkPresigned() error {
	if !c.query.Has("X-Amz-Algorithm") && !c.query.Has("X-Amz-Signature") {
		return c.checkOldPresigned()
	}
	malformed := func(text string) error { return bad("AuthorizationQueryParametersError", text) }
	for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date", "X-Amz-Expires"} {
		if !c.query.Has(name) {
			return malformed("Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
		}
	}
	if !strings.HasPrefix(c.param("X-Amz-Algorithm"), "AWS4-") {
		return malformed("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"")
	}
	signed, err := time.Parse(amzDate, c.param("X-Amz-Date"))
	if err != nil {
		return malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
	}
	seconds, err := strconv.ParseInt(c.param("X-Amz-Expires"), 10, 64)
	switch {
	case err != nil:
		return malformed("X-Amz-Expires should be a number")
	case seconds < 0:
		return malformed("X-Amz-Expires must be non-negative")
	case seconds > int64(maxExpiry/time.Second):
		return malformed("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")
	}
	expires := signed.Add(time.Duration(seconds) * time.Second)
	now := c.s.cfg.Host.Now()
	const early = 15 * time.Minute // by which two clocks may differ
	switch {
	case now.Add(early).Before(signed):
		return fault(http.StatusForbidden, "AccessDenied", "Request is not valid yet", "X-Amz-Date", c.param("X-Amz-Date"), "ServerTime", now.UTC().Format(time.RFC3339))
	case now.After(expires):
		return fault(http.StatusForbidden, "AccessDenied", "Request has expired", "X-Amz-Expires", c.param("X-Amz-Expires"),
			"Expires", expires.UTC().Format(time.RFC3339), "ServerTime", now.UTC().Format(time.RFC3339))
	}
	return nil
}

// checkOldPresigned is the same for signatures of version 2, whose expiry is a
// moment in seconds since 1970.
func (c *call) checkOldPresigned() error {
	if !c.query.Has("Signature") || !c.query.Has("Expires") {
		return nil
	}
	seconds, err := strconv.ParseInt(c.param("Expires"), 10, 64)
	if err != nil {
		return accessDenied()
	}
	now := c.s.cfg.Host.Now()
	if expires := time.Unix(seconds, 0); now.After(expires) {
		return fault(http.StatusForbidden, "AccessDenied", "Request has expired",
			"Expires", expires.UTC().Format(time.RFC3339), "ServerTime", now.UTC().Format(time.RFC3339))
	}
	return nil
}
