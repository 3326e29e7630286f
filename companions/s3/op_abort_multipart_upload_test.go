package s3

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAbortMultipartUpload(t *testing.T) {
	w := begin(t).bucket("things")
	id := w.createUpload("/things/big")
	w.uploadParts("/things/big", id, large(inlineBytes+1), "b")
	require.Equal(t, 204, w.do(http.MethodDelete, "/things/big?uploadId="+id, "").status)
	rows, files := w.stored()
	require.Zero(t, rows+files)
	w.do(http.MethodDelete, "/things/big?uploadId="+id, "").fails(404, "NoSuchUpload",
		"The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
	w.do(http.MethodPut, "/things/big?partNumber=1&uploadId="+id, "x").fails(404, "NoSuchUpload",
		"The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
}
