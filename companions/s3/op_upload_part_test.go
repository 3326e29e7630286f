package s3

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUploadPart(t *testing.T) {
	w := begin(t).bucket("things")
	id := w.createUpload("/things/big")
	for _, number := range []string{"0", "10001", "x"} {
		w.do(http.MethodPut, "/things/big?partNumber="+number+"&uploadId="+id, "x").fails(400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
	}
	w.do(http.MethodPut, "/things/big?partNumber=1&uploadId=none", "x").fails(404, "NoSuchUpload",
		"The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
	w.put("/things/big?partNumber=1&uploadId="+id, large(inlineBytes+1))
	w.put("/things/big?partNumber=1&uploadId="+id, "again")
	rows, files := w.stored()
	require.Equal(t, []int{1, 0}, []int{rows, files}, "a part takes the place of the one before")
	w.do(http.MethodPut, "/things/big?partNumber=1", "x").fails(400, "InvalidArgument", "This operation does not accept partNumber without uploadId")
	w.do(http.MethodPut, "/things/big?uploadId="+id, "x").fails(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
}
