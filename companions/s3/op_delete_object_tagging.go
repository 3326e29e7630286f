package s3

import "net/http"

// DeleteObjectTagging removes the tags of an object.
//
// State: real
// Notes:
// Test: TestObjectTagging
func (c *call) deleteObjectTagging() error { return c.setTags(nil, http.StatusNoContent) }
