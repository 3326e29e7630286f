package s3

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDeleteBucketCors(t *testing.T) {
	w := begin(t).bucket("pages")
	require.Equal(t, 204, w.do(http.MethodDelete, "/pages?cors", "").status, "no rules are no error")
}
