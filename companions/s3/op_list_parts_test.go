package s3

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListParts(t *testing.T) {
	w := begin(t).bucket("things")
	id := w.createUpload("/things/big", "X-Amz-Checksum-Algorithm", "CRC32", "X-Amz-Checksum-Type", "FULL_OBJECT")
	w.uploadParts("/things/big", id, "a", "bb", "ccc")
	all := w.get("/things/big?uploadId="+id).ok().has("<PartNumber>3</PartNumber>", "<Size>3</Size>", "<ChecksumCRC32>", "<IsTruncated>false</IsTruncated>", "<ChecksumType>FULL_OBJECT</ChecksumType>")
	require.Equal(t, 3, strings.Count(all.body, "<Part>"))
	w.get("/things/big?max-parts=2&uploadId="+id).ok().has("<IsTruncated>true</IsTruncated>", "<NextPartNumberMarker>2</NextPartNumberMarker>").lacks("<PartNumber>3<")
	w.get("/things/big?part-number-marker=2&uploadId=" + id).ok().has("<PartNumber>3<").lacks("<PartNumber>2<")
	w.get("/things/big?max-parts=-1&uploadId="+id).fails(400, "InvalidArgument", "Argument max-parts must be an integer between 0 and 2147483647")
	w.get("/things/big?uploadId=none").fails(404, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
}
