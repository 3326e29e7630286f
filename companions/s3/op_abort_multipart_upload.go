package s3

import (
	"net/http"
	"time"

	"sluice/store/kv"
)

// AbortMultipartUpload ends an upload and forgets its parts.
//
// State: real
// Notes:
// Test: TestAbortMultipartUpload
func (c *call) abortMultipartUpload() error {
	var w waste
	err := c.s.use(c.bucket, c.key, func() error {
		u, err := c.findUpload()
		if err != nil {
			return err
		}
		if since := readDate(c.r.Header.Get("X-Amz-If-Match-Initiated-Time")); !since.IsZero() && !since.After(c.s.now()) && !since.Equal(u.Started.Truncate(time.Second)) {
			return preconditionFailed("x-amz-if-match-initiated-time")
		}
		if err := c.s.discardUpload(c.ctx, u, &w); err != nil {
			return err
		}
		var batch kv.Batch
		w.addTo(&batch)
		batch.Delete(uploadKey(c.bucket.id, c.key, u.Seq))
		return c.s.commit(c.ctx, &batch)
	})
	if err != nil {
		return err
	}
	c.s.clear(&w)
	c.reply(http.StatusNoContent, nil)
	return nil
}
