package s3

import "net/http"

// GetBucketTagging lists the tags of a bucket.
//
// State: real
// Notes:
// Test: TestBucketTagging
func (c *call) getBucketTagging() error {
	tags := c.bucket.record.Load().Tags
	if len(tags) == 0 {
		return fault(http.StatusNotFound, "NoSuchTagSet", "The TagSet does not exist", "BucketName", c.bucketName)
	}
	c.reply(http.StatusOK, taggingDocument(tags))
	return nil
}
