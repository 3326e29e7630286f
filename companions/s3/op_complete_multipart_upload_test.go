package s3

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompleteOverAVersion(t *testing.T) {
	w := begin(t).versioned("history")
	old := w.put("/history/key", "old").header.Get("X-Amz-Version-Id")
	id := w.createUpload("/history/key")
	complete := w.uploadParts("/history/key", id, "new")
	w.do(http.MethodPost, "/history/key?uploadId="+id, complete, "If-None-Match", "*").fails(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	a := w.do(http.MethodPost, "/history/key?uploadId="+id, complete).ok()
	require.NotEqual(t, old, a.header.Get("X-Amz-Version-Id"))
	require.Equal(t, "new", w.get("/history/key").ok().body)
	require.Equal(t, "old", w.get("/history/key?versionId="+old).ok().body)
}
