package s3

import (
	"net/http"
	"testing"
)

func TestPutObjectLegalHold(t *testing.T) {
	w := begin(t)
	w.do(http.MethodPut, "/locked", "", "X-Amz-Bucket-Object-Lock-Enabled", "true").ok()
	w.put("/locked/key", "x")
	w.do(http.MethodPut, "/locked/key?legal-hold", "<LegalHold><Status>MAYBE</Status></LegalHold>").
		fails(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	w.do(http.MethodPut, "/locked/key?legal-hold", "").
		fails(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}
