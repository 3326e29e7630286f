package s3

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInProcess(t *testing.T) {
	w := begin(t)
	require.ErrorIs(t, w.HeadBucket(w.ctx(), "sink"), noSuchBucket("sink"))
	_, err := w.Put(w.ctx(), "sink", "key", strings.NewReader("x"), 1, nil)
	require.ErrorIs(t, err, noSuchBucket("sink"))
	require.NoError(t, w.CreateBucket(w.ctx(), "sink"))
	require.NoError(t, w.HeadBucket(w.ctx(), "sink"))
	for _, size := range []int{0, 10, inlineBytes + 1} {
		body := large(size)
		etag, err := w.Put(w.ctx(), "sink", "key", strings.NewReader(body), int64(size), http.Header{"Content-Type": {"a/b"}, "X-Amz-Meta-A": {"1"}})
		require.NoError(t, err)
		in, head, err := w.Get(w.ctx(), "sink", "key")
		require.NoError(t, err)
		got, err := io.ReadAll(in)
		require.NoError(t, err)
		require.NoError(t, in.Close())
		require.Equal(t, body, string(got))
		require.Equal(t, []string{etag, "a/b", "1"}, []string{head.Get("ETag"), head.Get("Content-Type"), head.Get("X-Amz-Meta-A")})
		require.Equal(t, body, w.get("/sink/key").ok().body)
	}
	_, err = w.Put(w.ctx(), "sink", "key", strings.NewReader("short"), 100, nil)
	require.ErrorIs(t, err, incompleteBody())
	_, err = w.Put(w.ctx(), "sink", "other", strings.NewReader("unknown length"), -1, nil)
	require.NoError(t, err)
	_, _, err = w.Get(w.ctx(), "sink", "none")
	require.ErrorIs(t, err, noSuchKey("none"))
}
