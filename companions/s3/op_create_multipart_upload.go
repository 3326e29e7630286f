package s3

import (
	"net/http"

	"sluice/store/kv"
)

// CreateMultipartUpload begins an upload in parts.
//
// State: real
// Notes: checksum algorithm and type; uploads do not expire
// Test: TestMultipartUpload
func (c *call) createMultipartUpload() error {
	a, err := c.readPut()
	if err != nil {
		return err
	}
	asked, err := c.readLock()
	if err != nil {
		return err
	}
	seq := c.s.rows.Add(1)
	u := &upload{V: recordVersion, ID: c.s.newVersion(seq), Seq: seq, Started: c.s.now(), Header: a.header, Meta: a.meta, Tags: a.tags, Owner: c.who.Account, Lock: asked}
	if err := c.readChecksumChoice(u); err != nil {
		return err
	}
	err = c.s.use(c.bucket, c.key, func() error {
		var batch kv.Batch
		batch.Set(uploadKey(c.bucket.id, c.key, seq), encode(u))
		return c.s.commit(c.ctx, &batch)
	})
	if err != nil {
		return err
	}
	h := c.w.Header()
	if !u.Default {
		h.Set("X-Amz-Checksum-Algorithm", u.Algorithm)
		h.Set("X-Amz-Checksum-Type", u.Type)
	}
	(&object{Header: u.Header}).showEncryption(h)
	d := newDocument()
	d.root("InitiateMultipartUploadResult")
	d.text("Bucket", c.bucketName)
	d.text("Key", c.key)
	d.text("UploadId", u.ID)
	d.close("InitiateMultipartUploadResult")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}
