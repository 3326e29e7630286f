package s3

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHeadObject(t *testing.T) {
	w := begin(t).bucket("things")
	w.put("/things/key", "hello", "X-Amz-Meta-A", "b", "X-Amz-Tagging", "a=1&b=2", "X-Amz-Storage-Class", "STANDARD_IA", "X-Amz-Server-Side-Encryption", "AES256")
	a := w.do(http.MethodHead, "/things/key", "").ok()
	require.Empty(t, a.body)
	for name, want := range map[string]string{
		"Content-Length": "5", "Content-Type": "binary/octet-stream", "X-Amz-Meta-A": "b", "X-Amz-Tagging-Count": "2",
		"X-Amz-Storage-Class": "STANDARD_IA", "X-Amz-Server-Side-Encryption": "AES256",
	} {
		require.Equal(t, want, a.header.Get(name), name)
	}
	missing := w.do(http.MethodHead, "/things/none", "")
	require.Equal(t, 404, missing.status)
	require.Empty(t, missing.body)
	require.Equal(t, 206, w.do(http.MethodHead, "/things/key", "", "Range", "bytes=0-1").status)
	require.Equal(t, 304, w.do(http.MethodHead, "/things/key", "", "If-None-Match", "*").status)
}
