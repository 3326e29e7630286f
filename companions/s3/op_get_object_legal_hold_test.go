package s3

import (
	"net/http"
	"testing"
)

func TestGetObjectLegalHold(t *testing.T) {
	w := begin(t)
	w.do(http.MethodPut, "/locked", "", "X-Amz-Bucket-Object-Lock-Enabled", "true").ok()
	w.put("/locked/key", "x", "X-Amz-Object-Lock-Legal-Hold", "ON")
	w.get("/locked/key?legal-hold").ok().has("<Status>ON</Status>")
}
