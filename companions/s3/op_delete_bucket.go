package s3

import "net/http"

// DeleteBucket removes an empty bucket, with the uploads that are under way.
//
// State: real
// Notes:
// Test: TestDeleteBucket
func (c *call) deleteBucket() error {
	if err := c.s.drop(c.ctx, c.bucket); err != nil {
		return err
	}
	c.reply(http.StatusNoContent, nil)
	return nil
}
