package s3

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDeleteObjectTagging(t *testing.T) {
	w := begin(t).versioned("history")
	version := w.put("/history/key", "x", "X-Amz-Tagging", "a=1").header.Get("X-Amz-Version-Id")
	w.put("/history/key", "y", "X-Amz-Tagging", "b=1")
	require.Equal(t, 204, w.do(http.MethodDelete, "/history/key?tagging&versionId="+version, "").status)
	w.get("/history/key?tagging&versionId=" + version).ok().has("<TagSet></TagSet>")
	w.get("/history/key?tagging").ok().has("<Key>b</Key>")
}
