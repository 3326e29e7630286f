package s3

import "net/http"

// GetBucketVersioning tells whether a bucket keeps versions.
//
// State: real
// Notes:
// Test: TestPutBucketVersioning
func (c *call) getBucketVersioning() error {
	d := newDocument()
	d.root("VersioningConfiguration")
	d.some("Status", c.bucket.versioning())
	d.close("VersioningConfiguration")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}
