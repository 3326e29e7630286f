package s3

import "net/http"

// DeleteBucketTagging removes the tags of a bucket.
//
// State: real
// Notes:
// Test: TestBucketTagging
func (c *call) deleteBucketTagging() error {
	err := c.s.change(c.ctx, c.bucket, func(r *bucketRecord) error {
		r.Tags = nil
		return nil
	})
	if err != nil {
		return err
	}
	c.reply(http.StatusNoContent, nil)
	return nil
}
