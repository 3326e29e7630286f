package s3

import "net/http"

// HeadBucket tells whether a bucket is there, and its region.
//
// State: real
// Notes: region in x-amz-bucket-region
// Test: TestHeadBucket
func (c *call) headBucket() error {
	r := c.bucket.record.Load()
	c.w.Header().Set("X-Amz-Bucket-Region", r.Region)
	c.w.Header().Set("X-Amz-Access-Point-Alias", "false")
	c.w.Header().Set("Content-Type", "application/xml")
	c.reply(http.StatusOK, nil)
	return nil
}
