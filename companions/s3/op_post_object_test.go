package s3

import (
	"strings"
	"testing"
)

func TestPostObject(t *testing.T) {
	w := begin(t).bucket("things")
	form := strings.ReplaceAll("--x\nContent-Disposition: form-data; name=\"key\"\n\na\n--x\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\n\nbody\n--x--\n", "\n", "\r\n")
	w.do("POST", "/things", form, "Content-Type", "multipart/form-data; boundary=x").
		fails(501, "NotImplemented", "Uploads by HTML forms are not here: have the page PUT to a presigned URL.")
	w.do("POST", "/things", "a=b", "Content-Type", "application/x-www-form-urlencoded").
		fails(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold").has("Bucket POST must be of the enclosure-type multipart/form-data")
	w.do("POST", "/missing", form, "Content-Type", "multipart/form-data; boundary=x").fails(404, "NoSuchBucket", "The specified bucket does not exist")
	w.get("/things/a").fails(404, "NoSuchKey", "The specified key does not exist.")
}
