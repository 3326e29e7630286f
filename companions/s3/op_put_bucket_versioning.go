package s3

import "net/http"

// PutBucketVersioning has a bucket keep versions, or stop to.
//
// State: real
// Notes: MFA delete is not there
// Test: TestPutBucketVersioning
func (c *call) putBucketVersioning() error {
	var v struct{ Status, MfaDelete string }
	if err := c.readXML("VersioningConfiguration", &v); err != nil {
		return err
	}
	if v.Status != versioningEnabled && v.Status != versioningSuspended {
		return malformedXML()
	}
	if v.MfaDelete == "Enabled" {
		return notImplemented("x-amz-mfa")
	}
	err := c.s.change(c.ctx, c.bucket, func(r *bucketRecord) error {
		if r.Lock && v.Status != versioningEnabled {
			return fault(http.StatusConflict, "InvalidBucketState", "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
		}
		r.Versioning = v.Status
		return nil
	})
	if err != nil {
		return err
	}
	c.reply(http.StatusOK, nil)
	return nil
}
