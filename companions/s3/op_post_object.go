package s3

import (
	"mime"
	"net/http"
)

// PostObject stands for uploads by HTML forms of browsers, whose fields carry a
// policy and its signature. They are refused whole, so that no form is taken
// whose policy nobody has checked.
//
// State: refused
// Notes: NotImplemented, as HTTP 501; a presigned PUT does the same
// Test: TestPostObject
func (c *call) postObject() error {
	c.hangUp()
	if kind, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		return fault(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold",
			"Condition", "Bucket POST must be of the enclosure-type multipart/form-data")
	}
	return fault(http.StatusNotImplemented, "NotImplemented", "Uploads by HTML forms are not here: have the page PUT to a presigned URL.")
}
