package s3

import (
	"net/http"

	"sluice/store/kv"
)

// PutObjectTagging replaces the tags of an object.
//
// State: real
// Notes: up to 10
// Test: TestObjectTagging
func (c *call) putObjectTagging() error {
	tags, err := c.readTagging(maxObjectTags)
	if err != nil {
		return err
	}
	return c.setTags(tags, http.StatusOK)
}

// setTags changes the tags of the version that the request names.
func (c *call) setTags(tags []tag, status int) error {
	err := c.s.use(c.bucket, c.key, func() error {
		v, err := c.s.version(c.ctx, c.bucket, c.key, c.query)
		if err != nil {
			c.showMarker(v)
			return err
		}
		c.showVersion(v.object)
		v.Tags = tags
		var batch kv.Batch
		batch.Set(v.row, encode(v.object))
		return c.s.commit(c.ctx, &batch)
	})
	if err != nil {
		return err
	}
	c.reply(status, nil)
	return nil
}
