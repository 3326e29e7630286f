package s3

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDeleteObject(t *testing.T) {
	w := begin(t).bucket("things")
	w.put("/things/key", large(inlineBytes+1))
	require.Equal(t, 204, w.do(http.MethodDelete, "/things/key", "").status)
	require.Equal(t, 204, w.do(http.MethodDelete, "/things/key", "").status, "what is not there is no error")
	rows, files := w.stored()
	require.Zero(t, rows+files)

	etag := w.put("/things/key", "body").header.Get("ETag")
	failed := "At least one of the pre-conditions you specified did not hold"
	w.do(http.MethodDelete, "/things/key", "", "If-Match", `"x"`).fails(412, "PreconditionFailed", failed)
	w.do(http.MethodDelete, "/things/key", "", "X-Amz-If-Match-Size", "5").fails(412, "PreconditionFailed", failed)
	w.do(http.MethodDelete, "/things/key", "", "If-Match", etag, "X-Amz-If-Match-Size", "4", "X-Amz-If-Match-Last-Modified-Time", "Wed, 25 Nov 2026 10:00:00 GMT").ok()
}

func TestDeleteVersions(t *testing.T) {
	w := begin(t).versioned("history")
	one := w.put("/history/key", "one").header.Get("X-Amz-Version-Id")
	two := w.put("/history/key", "two").header.Get("X-Amz-Version-Id")
	a := w.do(http.MethodDelete, "/history/key", "").ok()
	marker := a.header.Get("X-Amz-Version-Id")
	require.Equal(t, "true", a.header.Get("X-Amz-Delete-Marker"))
	gone := w.get("/history/key").fails(404, "NoSuchKey", "The specified key does not exist.")
	require.Equal(t, []string{"true", marker}, []string{gone.header.Get("X-Amz-Delete-Marker"), gone.header.Get("X-Amz-Version-Id")})
	w.get("/history/key?versionId="+marker).fails(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	require.Empty(t, w.get("/history").ok().keys())
	require.Equal(t, []string{"key", "key", "key"}, w.get("/history?versions").ok().keys())

	a = w.do(http.MethodDelete, "/history/key?versionId="+marker, "").ok()
	require.Equal(t, "true", a.header.Get("X-Amz-Delete-Marker"))
	require.Equal(t, "two", w.get("/history/key").ok().body, "the marker hides it no more")
	w.do(http.MethodDelete, "/history/key?versionId="+two, "").ok()
	require.Equal(t, "one", w.get("/history/key").ok().body)
	w.do(http.MethodDelete, "/history/key?versionId="+two, "").ok()
	w.do(http.MethodDelete, "/history/key?versionId="+one, "").ok()
	rows, files := w.stored()
	require.Zero(t, rows+files)
	w.do(http.MethodDelete, "/history", "").ok()
}
