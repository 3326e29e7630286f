package s3

import (
	"net/http"
	"testing"
)

func TestGetObjectRetention(t *testing.T) {
	w := begin(t).bucket("plain")
	w.put("/plain/key", "x")
	w.get("/plain/key?retention").fails(400, "InvalidRequest", "Bucket is missing Object Lock Configuration")
	w.do(http.MethodPut, "/locked", "", "X-Amz-Bucket-Object-Lock-Enabled", "true").ok()
	w.put("/locked/key", "x")
	w.get("/locked/key?retention").fails(404, "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration")
}
