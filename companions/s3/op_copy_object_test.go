package s3

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCopyObject(t *testing.T) {
	for _, size := range []int{0, 10, inlineBytes + 1} {
		w := begin(t).bucket("from").bucket("into")
		body := large(size)
		etag := w.put("/from/a%20key", body, "X-Amz-Meta-A", "1", "Content-Type", "text/plain", "X-Amz-Tagging", "t=1").header.Get("ETag")
		w.put("/into/kept", "", "X-Amz-Copy-Source", "/from/a%20key").has("<CopyObjectResult", "<LastModified>2026-11-25T10:00:00.000Z</LastModified>")
		w.put("/into/replaced", "", "X-Amz-Copy-Source", "from/a%20key", "X-Amz-Metadata-Directive", "REPLACE", "X-Amz-Meta-B", "2",
			"X-Amz-Tagging-Directive", "REPLACE", "X-Amz-Checksum-Algorithm", "SHA256").has("<ChecksumSHA256>")
		w.do(http.MethodDelete, "/from/a%20key", "").ok()
		kept, replaced := w.get("/into/kept").ok(), w.get("/into/replaced").ok()
		require.Equal(t, []string{body, body}, []string{kept.body, replaced.body})
		require.Equal(t, []string{etag, etag}, []string{kept.header.Get("ETag"), replaced.header.Get("ETag")})
		require.Equal(t, []string{"1", "text/plain", "1"}, []string{kept.header.Get("X-Amz-Meta-A"), kept.header.Get("Content-Type"), kept.header.Get("X-Amz-Tagging-Count")})
		require.Equal(t, []string{"", "2", ""}, []string{replaced.header.Get("X-Amz-Meta-A"), replaced.header.Get("X-Amz-Meta-B"), replaced.header.Get("X-Amz-Tagging-Count")})
		w.do(http.MethodDelete, "/into/kept", "").ok()
		w.do(http.MethodDelete, "/into/replaced", "").ok()
		rows, files := w.stored()
		require.Zero(t, rows+files)
	}
}

func TestCopiesThatCannotBe(t *testing.T) {
	w := begin(t).bucket("things")
	etag := w.put("/things/key", "body").header.Get("ETag")
	for source, want := range map[string][2]string{
		"/none/key":               {"NoSuchBucket", "The specified bucket does not exist"},
		"/things/none":            {"NoSuchKey", "The specified key does not exist."},
		"/things/%zz":             {"InvalidArgument", "Invalid copy source encoding"},
		"/UPPER/key":              {"InvalidArgument", "Invalid copy source bucket name"},
		"/things":                 {"InvalidArgument", "Invalid copy source object key"},
		"/things/key?versionId=x": {"InvalidArgument", "Invalid version id specified"},
	} {
		a := w.do(http.MethodPut, "/things/copy", "", "X-Amz-Copy-Source", source)
		a.fails(a.status, want[0], want[1])
	}
	w.do(http.MethodPut, "/things/key", "", "X-Amz-Copy-Source", "/things/key").fails(400, "InvalidRequest",
		"This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	w.put("/things/key", "", "X-Amz-Copy-Source", "/things/key", "X-Amz-Metadata-Directive", "REPLACE")
	require.Equal(t, "body", w.get("/things/key").ok().body)
	for header, value := range map[string]string{"If-Match": `"x"`, "If-None-Match": etag, "If-Modified-Since": "Wed, 25 Nov 2026 11:00:00 GMT", "If-Unmodified-Since": "Wed, 25 Nov 2026 09:00:00 GMT"} {
		w.do(http.MethodPut, "/things/copy", "", "X-Amz-Copy-Source", "/things/key", "X-Amz-Copy-Source-"+header, value).
			fails(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	}
	w.do(http.MethodGet, "/things/key", "", "X-Amz-Copy-Source", "/things/key").fails(400, "InvalidArgument", "You can only specify a copy source header for copy requests.")
	require.Equal(t, []string{"key"}, w.get("/things").ok().keys())
}
