package s3

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListMultipartUploads(t *testing.T) {
	w := begin(t).bucket("things")
	var ids []string
	for _, key := range []string{"a", "a", "b/1", "b/2", "c"} {
		ids = append(ids, w.createUpload("/things/"+key))
	}
	require.Equal(t, []string{"a", "a", "b/1", "b/2", "c"}, w.get("/things?uploads").ok().keys())
	require.Equal(t, []string{"a", "a", "c", "b/"}, w.get("/things?uploads&delimiter=/").ok().keys())
	require.Equal(t, []string{"b/1", "b/2"}, w.get("/things?uploads&prefix=b").ok().keys())
	w.get("/things?uploads&max-uploads=1").ok().has("<NextKeyMarker>a</NextKeyMarker><NextUploadIdMarker>"+ids[0]+"</NextUploadIdMarker>", "<IsTruncated>true</IsTruncated>")
	require.Equal(t, []string{"a", "b/1", "b/2", "c"}, w.get("/things?uploads&key-marker=a&upload-id-marker="+ids[0]).ok().keys())
	require.Equal(t, []string{"b/1", "b/2", "c"}, w.get("/things?uploads&key-marker=a").ok().keys())
	w.get("/things?uploads&key-marker=a&upload-id-marker="+ids[4]).fails(400, "InvalidArgument", "Invalid uploadId marker")
	w.open()
	require.NotContains(t, ids, w.createUpload("/things/d"), "numbers are not used again")
}
