package s3

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddress(t *testing.T) {
	w := begin(t).bucket("here").bucket("dotted.name")
	for _, c := range []struct {
		method, url, bucket, key string
		claimed                  bool
	}{
		{"GET", "http://localhost:4566/", "", "", false},
		{"GET", "http://localhost:4566/here", "here", "", true},
		{"GET", "http://localhost:4566/here/", "here", "", true},
		{"GET", "http://localhost:4566/here/a/b", "here", "a/b", true},
		{"GET", "http://localhost:4566/here//a", "here", "/a", true},
		{"GET", "http://127.0.0.1:4566/favicon.ico", "favicon.ico", "", true},
		{"GET", "http://localhost:4566/Upper/x", "Upper", "x", false},
		{"GET", "http://here.localhost:4566/a/b", "here", "a/b", true},
		{"GET", "http://here.localhost:4566//a", "here", "/a", true},
		{"GET", "http://here.localhost:4566/", "here", "", true},
		{"GET", "http://here.s3.localhost:4566/a", "here", "a", true},
		{"GET", "http://dotted.name.s3.localhost:4566/a", "dotted.name", "a", true},
		{"GET", "http://here.s3.us-east-1.amazonaws.com/a", "here", "a", true},
		{"GET", "http://here.s3-us-west-2.amazonaws.com/a", "here", "a", true},
		{"GET", "http://s3.us-east-1.amazonaws.com/here/a", "here", "a", true},
		{"GET", "http://s3.localhost:4566/here/a", "here", "a", true},
		{"PUT", "http://s3.localhost:4566/new", "new", "", true},
		{"GET", "http://none.localhost:4566/a", "none", "a", true},
		{"PUT", "http://new.localhost:4566/", "new", "", true},
		// A name of the machine that is no bucket: the path counts.
		{"GET", "http://sluice.localhost:4566/here/a", "here", "a", true},
		{"GET", "http://sluice.localhost:4566/", "", "", false},
		{"PUT", "http://sluice.localhost:4566/new", "new", "", true},
	} {
		r := httptest.NewRequest(c.method, c.url, nil)
		bucket, key := w.address(r)
		require.Equal(t, []string{c.bucket, c.key}, []string{bucket, key}, c.method+" "+c.url)
		require.Equal(t, c.claimed, w.Claims(r), c.url)
	}
	require.Equal(t, "GetObject", w.Operation(httptest.NewRequest(http.MethodGet, "/here/key", nil)))
	require.Equal(t, "ListObjectsV2", w.Operation(httptest.NewRequest(http.MethodGet, "/here?list-type=2", nil)))
	require.Empty(t, w.Operation(httptest.NewRequest(http.MethodPatch, "/here", nil)))
}

func TestPresigned(t *testing.T) {
	w := begin(t).bucket("here")
	w.put("/here/key", "x")
	at := func(date, expires string) *answer {
		return w.get("/here/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20261125%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=00&X-Amz-SignedHeaders=host&X-Amz-Date=" + date + "&X-Amz-Expires=" + expires)
	}
	at("20261125T095959Z", "60").ok().has("x")
	at("20261125T095000Z", "60").fails(403, "AccessDenied", "Request has expired")
	at("20261125T102000Z", "60").fails(403, "AccessDenied", "Request is not valid yet")
	at("yesterday", "60").fails(400, "AuthorizationQueryParametersError", `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`)
	at("20261125T095959Z", "soon").fails(400, "AuthorizationQueryParametersError", "X-Amz-Expires should be a number")
	at("20261125T095959Z", "-1").fails(400, "AuthorizationQueryParametersError", "X-Amz-Expires must be non-negative")
	at("20261125T095959Z", "604801").fails(400, "AuthorizationQueryParametersError",
		"X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")
	w.get("/here/key?X-Amz-Algorithm=AWS4-HMAC-SHA256").fails(400, "AuthorizationQueryParametersError",
		"Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
	w.get("/here/key?AWSAccessKeyId=x&Signature=y&Expires=1").fails(403, "AccessDenied", "Request has expired")
}
