package s3

import "net/http"

// GetObjectLockConfiguration tells whether a bucket locks its objects, and for
// how long.
//
// State: real
// Notes:
// Test: TestObjectLock
func (c *call) getObjectLockConfiguration() error {
	r := c.bucket.record.Load()
	if !r.Lock {
		return fault(http.StatusNotFound, "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket", "BucketName", c.bucketName)
	}
	d := newDocument()
	d.root("ObjectLockConfiguration")
	d.text("ObjectLockEnabled", versioningEnabled)
	if rule := r.LockRule; rule != nil {
		d.open("Rule")
		d.open("DefaultRetention")
		d.text("Mode", rule.Mode)
		if rule.Years > 0 {
			d.number("Years", int64(rule.Years))
		} else {
			d.number("Days", int64(rule.Days))
		}
		d.close("DefaultRetention")
		d.close("Rule")
	}
	d.close("ObjectLockConfiguration")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}
