package s3

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGetObject(t *testing.T) {
	for _, size := range []int{1000, inlineBytes + 1000} {
		w := begin(t).bucket("things")
		body := large(size)
		etag := w.put("/things/key", body).header.Get("ETag")
		for header, want := range map[string][2]int{
			"bytes=0-0": {0, 1}, "bytes=10-19": {10, 20}, "bytes=990-": {990, size}, "bytes=-7": {size - 7, size},
			fmt.Sprintf("bytes=0-%d", size*2): {0, size}, fmt.Sprintf("bytes=-%d", size*2): {0, size},
			"bytes=980-99999999999999999999": {980, size}, "bytes=-99999999999999999999": {0, size},
		} {
			a := w.get("/things/key", "Range", header)
			require.Equal(t, 206, a.status, header)
			require.Equal(t, body[want[0]:want[1]], a.body, header)
			require.Equal(t, fmt.Sprintf("bytes %d-%d/%d", want[0], want[1]-1, size), a.header.Get("Content-Range"))
		}
		for _, header := range []string{"bytes=a-b", "items=0-1", "bytes=5-1", "bytes=0-1,3-4", "bytes=", "bytes=+0-+1", "bytes=--1"} {
			a := w.get("/things/key", "Range", header).ok()
			require.Equal(t, []any{200, size}, []any{a.status, len(a.body)}, header)
		}
		w.get("/things/key", "Range", fmt.Sprintf("bytes=%d-", size)).fails(416, "InvalidRange", "The requested range is not satisfiable")
		require.Equal(t, 200, w.get("/things/key", "Range", "bytes=0-1", "If-Range", `"other"`).status)
		require.Equal(t, 206, w.get("/things/key", "Range", "bytes=0-1", "If-Range", etag).status)
	}
	w := begin(t).bucket("things")
	w.get("/things/none").fails(404, "NoSuchKey", "The specified key does not exist.")
	w.get("/none/key").fails(404, "NoSuchBucket", "The specified bucket does not exist")
}

func TestConditionalGets(t *testing.T) {
	w := begin(t).bucket("things")
	etag := w.put("/things/key", "body").header.Get("ETag")
	before, after := "Wed, 25 Nov 2026 09:59:59 GMT", "Wed, 25 Nov 2026 10:00:01 GMT"
	for _, c := range []struct {
		head   []string
		status int
	}{
		{[]string{"If-Match", etag}, 200}, {[]string{"If-Match", "*"}, 200}, {[]string{"If-Match", `"x", ` + etag}, 200}, {[]string{"If-Match", `"x"`}, 412},
		{[]string{"If-None-Match", etag}, 304}, {[]string{"If-None-Match", "*"}, 304}, {[]string{"If-None-Match", `"x"`}, 200},
		{[]string{"If-Modified-Since", before}, 200}, {[]string{"If-Modified-Since", after}, 304},
		{[]string{"If-Unmodified-Since", before}, 412}, {[]string{"If-Unmodified-Since", after}, 200},
		{[]string{"If-Match", etag, "If-Unmodified-Since", before}, 200},
		{[]string{"If-None-Match", `"x"`, "If-Modified-Since", after}, 200},
		{[]string{"If-Modified-Since", "yesterday"}, 200},
	} {
		a := w.get("/things/key", c.head...)
		require.Equal(t, c.status, a.status, c.head)
		if c.status == 304 {
			require.Empty(t, a.body)
			require.Equal(t, etag, a.header.Get("ETag"))
		}
	}
}

func TestResponseOverrides(t *testing.T) {
	w := begin(t).bucket("things")
	w.put("/things/key", "body")
	w.get("/things/key?response-content-type=a/b").fails(400, "InvalidRequest", "Request specific response headers cannot be used for anonymous GET requests.")
	a := w.get("/things/key?response-content-type=a/b&response-content-disposition=attachment", "Authorization", "AWS4-HMAC-SHA256 x").ok()
	require.Equal(t, "a/b", a.header.Get("Content-Type"))
	require.Equal(t, "attachment", a.header.Get("Content-Disposition"))
}

// Who reads an object while it is overwritten reads one or the other.
func TestReadsWhileOverwritten(t *testing.T) {
	w := begin(t).bucket("things")
	bodies := []string{large(inlineBytes * 3), "x" + large(inlineBytes*2)}
	w.put("/things/key", bodies[0])
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			w.do(http.MethodPut, "/things/key", bodies[i%2])
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		require.Contains(t, bodies, w.get("/things/key").ok().body)
	}
}

func TestOneStaysOpen(t *testing.T) {
	w := begin(t).bucket("things")
	w.put("/things/key", large(inlineBytes+1))
	body, head, err := w.Get(w.ctx(), "things", "key")
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(inlineBytes+1), head.Get("Content-Length"))
	w.do(http.MethodDelete, "/things/key", "").ok()
	one := make([]byte, 1)
	_, err = body.Read(one)
	require.NoError(t, err, "who has opened it may finish")
	require.NoError(t, body.Close())
	_, _, err = w.Get(w.ctx(), "things", "key")
	require.ErrorIs(t, err, noSuchKey("key"))
}
