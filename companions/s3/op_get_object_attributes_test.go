package s3

import "testing"

func TestGetObjectAttributes(t *testing.T) {
	w := begin(t).bucket("things")
	w.put("/things/key", "hello", "X-Amz-Checksum-Crc32", "NhCmhg==")
	w.get("/things/key?attributes", "X-Amz-Object-Attributes", "ETag,Checksum,ObjectParts,StorageClass,ObjectSize").ok().has(
		"<ETag>5d41402abc4b2a76b9719d911017c592</ETag><Checksum><ChecksumCRC32>NhCmhg==</ChecksumCRC32><ChecksumType>FULL_OBJECT</ChecksumType></Checksum>" +
			"<StorageClass>STANDARD</StorageClass><ObjectSize>5</ObjectSize>")
	w.get("/things/key?attributes", "X-Amz-Object-Attributes", "ObjectSize").ok().lacks("ETag")
	w.get("/things/key?attributes", "X-Amz-Object-Attributes", "Colour").fails(400, "InvalidArgument", "Invalid attribute name specified.")
	w.get("/things/key?attributes").fails(400, "InvalidRequest", "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty")
}
