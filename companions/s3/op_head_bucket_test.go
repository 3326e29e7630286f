package s3

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHeadBucket(t *testing.T) {
	w := begin(t).bucket("here")
	require.Equal(t, "us-east-1", w.do(http.MethodHead, "/here", "").ok().header.Get("X-Amz-Bucket-Region"))
	a := w.do(http.MethodHead, "/gone", "")
	require.Equal(t, 404, a.status)
	require.Empty(t, a.body)
	require.Equal(t, 403, w.do(http.MethodHead, "/here", "", "X-Amz-Expected-Bucket-Owner", "999999999999").status)
	w.do(http.MethodHead, "/here", "", "X-Amz-Expected-Bucket-Owner", account).ok()
}
