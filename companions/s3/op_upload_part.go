package s3

import (
	"net/http"
	"strings"

	"sluice/store/kv"
)

// UploadPart stores a part of an upload.
//
// State: real
// Notes: as PutObject
// Test: TestMultipartUpload
func (c *call) uploadPart() error {
	number, err := c.readPartNumber()
	if err != nil {
		return err
	}
	u, err := c.findUpload()
	if err != nil {
		return err
	}
	if err := c.checkAlgorithm(u); err != nil {
		return err
	}
	in, err := c.receiveUpload(u.Algorithm, u.Default, maxPut)
	if err != nil {
		return err
	}
	p := part{V: recordVersion, Number: number, Size: in.size, ETag: in.etag(), Modified: c.s.now(), Sum: in.sum}
	if in.own.Algorithm != "" {
		p.Sum = in.own
	}
	if err := c.keepPart(u, p, in.incoming); err != nil {
		return err
	}
	c.w.Header().Set("ETag", `"`+p.ETag+`"`)
	c.w.Header().Set(sumHeader(in.sum.Algorithm), in.sum.Value)
	c.reply(http.StatusOK, nil)
	return nil
}

// checkAlgorithm compares the checksum of a part with that of its upload. An
// upload whose client has not chosen takes every one.
func (c *call) checkAlgorithm(u *upload) error {
	f, err := readFraming(c.r)
	if err != nil {
		return err
	}
	p, err := readPromise(c.r, f)
	if err != nil || u.Default || p.algorithm == u.Algorithm || p.algorithm == "" && u.Type == fullObject {
		return err
	}
	actual := "null"
	if p.algorithm != "" {
		actual = strings.ToLower(p.algorithm)
	}
	return invalidRequest("Checksum Type mismatch occurred, expected checksum Type: " + strings.ToLower(u.Algorithm) +
		", actual checksum Type: " + actual)
}

// keepPart stores a part in the place of one of its number. It takes the body over.
func (c *call) keepPart(u *upload, p part, in *incoming) error {
	var w waste
	err := c.s.use(c.bucket, c.key, func() error {
		if _, err := c.s.upload(c.ctx, c.bucket, c.key, u.ID); err != nil {
			in.drop() // it was completed or aborted meanwhile
			return err
		}
		var batch kv.Batch
		body, err := in.place(&batch)
		if err != nil {
			return err
		}
		if body != (piece{}) {
			p.Pieces = []piece{body}
		}
		err = c.s.readParts(c.ctx, u, p.Number, func(old part) bool {
			if old.Number == p.Number {
				w.add(old.Pieces...)
			}
			return false
		})
		if err == nil {
			w.addTo(&batch)
			batch.Set(partKey(u.Seq, p.Number), encode(p))
			err = in.commit(c.ctx, &batch)
		}
		if err != nil {
			in.forget()
		}
		return err
	})
	if err == nil {
		c.s.clear(&w)
	}
	return err
}
