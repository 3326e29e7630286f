package s3

import "net/http"

// PutBucketTagging replaces the tags of a bucket.
//
// State: real
// Notes: up to 50
// Test: TestBucketTagging
func (c *call) putBucketTagging() error {
	tags, err := c.readTagging(maxBucketTags)
	if err != nil {
		return err
	}
	err = c.s.change(c.ctx, c.bucket, func(r *bucketRecord) error {
		r.Tags = tags
		return nil
	})
	if err != nil {
		return err
	}
	c.reply(http.StatusNoContent, nil)
	return nil
}
