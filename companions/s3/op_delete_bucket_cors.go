package s3

import "net/http"

// DeleteBucketCors removes the rules for web pages.
//
// State: real
// Notes:
// Test: TestCORS
func (c *call) deleteBucketCors() error { return c.setCORS(nil, http.StatusNoContent) }
