package s3

import "net/http"

// GetObjectTagging lists the tags of an object.
//
// State: real
// Notes:
// Test: TestObjectTagging
func (c *call) getObjectTagging() error {
	v, err := c.s.version(c.ctx, c.bucket, c.key, c.query)
	if err != nil {
		c.showMarker(v)
		return err
	}
	c.showVersion(v.object)
	c.reply(http.StatusOK, taggingDocument(v.Tags))
	return nil
}
