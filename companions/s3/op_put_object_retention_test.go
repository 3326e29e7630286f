package s3

import (
	"net/http"
	"testing"
)

func TestPutObjectRetention(t *testing.T) {
	w := begin(t)
	w.do(http.MethodPut, "/locked", "", "X-Amz-Bucket-Object-Lock-Enabled", "true").ok()
	w.put("/locked/key", "x")
	w.do(http.MethodPut, "/locked/key?retention", "<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2020-01-01T00:00:00Z</RetainUntilDate></Retention>").
		fails(400, "InvalidArgument", "The retain until date must be in the future!")
	w.do(http.MethodPut, "/locked/other", "x", "X-Amz-Object-Lock-Mode", "COMPLIANCE").
		fails(400, "InvalidArgument", "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied.")
}
