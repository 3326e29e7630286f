package s3

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDeleteBucketTagging(t *testing.T) {
	w := begin(t).bucket("plain")
	require.Equal(t, 204, w.do(http.MethodDelete, "/plain?tagging", "").status, "no tags are no error")
}
