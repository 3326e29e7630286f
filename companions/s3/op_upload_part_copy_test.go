package s3

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUploadPartCopy(t *testing.T) {
	w := begin(t).bucket("things")
	body := large(minPart + 100)
	w.put("/things/source", body)
	id := w.createUpload("/things/big")
	at := "/things/big?uploadId=" + id + "&partNumber="
	one := w.put(at+"1", "", "X-Amz-Copy-Source", "/things/source").has("<CopyPartResult").element("ETag")
	two := w.put(at+"2", "", "X-Amz-Copy-Source", "/things/source", "X-Amz-Copy-Source-Range", "bytes=3-9").element("ETag")
	for text, message := range map[string]string{
		"bytes=9-3":       "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
		"bytes=-5":        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
		"bytes=0-9999999": "Range specified is not valid for source object of size: 5242980",
	} {
		w.do(http.MethodPut, at+"3", "", "X-Amz-Copy-Source", "/things/source", "X-Amz-Copy-Source-Range", text).fails(400, "InvalidArgument", message)
	}
	w.do(http.MethodPost, "/things/big?uploadId="+id, "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"+one+
		"</ETag></Part><Part><PartNumber>2</PartNumber><ETag>"+two+"</ETag></Part></CompleteMultipartUpload>").ok()
	require.Equal(t, body+body[3:10], w.get("/things/big").ok().body)
}
