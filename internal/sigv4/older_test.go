package sigv4

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The example of the S3 user guide, with the signature that it publishes.
func TestPresignedURLOfVersionTwo(t *testing.T) {
	const at = "http://johnsmith.s3.amazonaws.com/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620"
	const resource, secret = "/johnsmith/photos/puppy.jpg", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	before, after := time.Unix(1175139620, 0), time.Unix(1175139621, 0)
	require.True(t, IsOlder(httptest.NewRequest("GET", at, nil).URL.Query()))
	require.NoError(t, CheckOlder(httptest.NewRequest("GET", at, nil), resource, secret, before))
	refused(t, Overdue, CheckOlder(httptest.NewRequest("GET", at, nil), resource, secret, after))
	refused(t, Mismatch, CheckOlder(httptest.NewRequest("PUT", at, nil), resource, secret, before))
	refused(t, Mismatch, CheckOlder(httptest.NewRequest("GET", at, nil), "/other/photos/puppy.jpg", secret, before))
	refused(t, Mismatch, CheckOlder(httptest.NewRequest("GET", at, nil), resource, secret+"x", before))
	refused(t, Mismatch, CheckOlder(httptest.NewRequest("GET", at+"&acl", nil), resource, secret, before))
	refused(t, Mismatch, CheckOlder(httptest.NewRequest("GET", at+"&response-content-type=text/html", nil), resource, secret, before))
	refused(t, Mismatch, CheckOlder(httptest.NewRequest("GET", at+"&x-amz-security-token=t", nil), resource, secret, before))
	refused(t, Mismatch, CheckOlder(httptest.NewRequest("GET", strings.Replace(at, "1175139620", "1175139699", 1), nil), resource, secret, before))
	refused(t, Malformed, CheckOlder(httptest.NewRequest("GET", at+"&Expires=9999999999", nil), resource, secret, before))
	r := httptest.NewRequest("GET", at, nil)
	r.Header.Set("X-Amz-Acl", "public-read")
	refused(t, Mismatch, CheckOlder(r, resource, secret, before))
	for _, mark := range []string{"publicAccessBlock", "ownershipControls", "attributes", "metrics"} {
		refused(t, Mismatch, CheckOlder(httptest.NewRequest("GET", at+"&"+mark, nil), resource, secret, before))
	}
	// What the query string says and signs, no header may say otherwise.
	r = httptest.NewRequest("GET", at+"&x-amz-acl=private", nil)
	r.Header.Set("X-Amz-Acl", "public-read")
	refused(t, Malformed, CheckOlder(r, resource, secret, before))
	refused(t, Malformed, CheckOlder(httptest.NewRequest("GET", at+"&x-amz-acl=private&X-Amz-Acl=public-read", nil), resource, secret, before))
}
