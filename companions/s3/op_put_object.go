package s3

import (
	"context"
	"net/http"
	"strconv"

	"sluice/store/kv"
)

// PutObject stores an object.
//
// State: real
// Notes: every framing and checksum of current SDKs; encryption headers are kept and given back only; ACLs are not there
// Test: TestPutObject
func (c *call) putObject() error {
	a, err := c.readPut()
	if err != nil {
		return err
	}
	asked, err := c.readLock()
	if err != nil {
		return err
	}
	in, err := c.receiveUpload(crc64Sum, false, maxPut)
	if err != nil {
		return err
	}
	o := &object{
		Modified: c.s.now(), Size: in.size, ETag: in.etag(), Sum: in.sum,
		Header: a.header, Meta: a.meta, Tags: a.tags, Owner: c.who.Account,
	}
	o.Lock = c.bucket.lockFor(asked, o.Modified)
	if err := c.s.put(c.ctx, c.bucket, c.key, o, in.incoming, readConditions(c.r.Header, "")); err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("ETag", o.quotedETag())
	c.showSum(o.Sum)
	h.Set("X-Amz-Object-Size", strconv.FormatInt(o.Size, 10))
	c.showMade(o)
	o.showEncryption(h)
	c.reply(http.StatusOK, nil)
	return nil
}

// readPut reads what a put says besides its body, and refuses what is not there.
func (c *call) readPut() (a attributes, err error) {
	if c.r.Header.Get("X-Amz-Write-Offset-Bytes") != "" {
		return a, notImplemented("x-amz-write-offset-bytes")
	}
	return readAttributes(c.r.Header)
}

// put makes an object of a body that has arrived. It takes the body over.
func (s *Store) put(ctx context.Context, b *bucket, key string, o *object, in *incoming, cond conditions) (err error) {
	var w waste
	err = s.use(b, key, func() error {
		var batch kv.Batch
		if cond != (conditions{}) {
			there, err := s.latest(ctx, b.id, key)
			if err == nil {
				err = cond.forWriting(key, there)
			}
			if err != nil {
				in.drop()
				return err
			}
		}
		var err error
		if o.Body, err = in.place(&batch); err != nil {
			return err
		}
		if err = s.install(ctx, b, key, o, &batch, &w); err == nil {
			w.addTo(&batch)
			err = in.commit(ctx, &batch)
		}
		if err != nil {
			in.forget()
		}
		return err
	})
	if err == nil {
		s.clear(&w)
	}
	return err
}

// showSum adds a checksum to the head of an answer.
func (c *call) showSum(sum checksum) {
	if sum.Algorithm == "" {
		return
	}
	c.w.Header().Set(sumHeader(sum.Algorithm), sum.Value)
	c.w.Header().Set("X-Amz-Checksum-Type", sum.Type)
}

// showVersion adds the version of an object to the head of an answer, where
// the bucket has versions.
func (c *call) showVersion(o *object) {
	if c.bucket.versioning() != "" {
		c.w.Header().Set("X-Amz-Version-Id", o.versionID())
	}
}

// showMade adds the version that a put has made, where it is one of its own.
func (c *call) showMade(o *object) {
	if o.Version != "" {
		c.w.Header().Set("X-Amz-Version-Id", o.Version)
	}
}

// showEncryption repeats what a put said about encryption.
func (o *object) showEncryption(h http.Header) {
	for _, name := range keptHeaders()[8:] {
		if v := o.Header[name]; v != "" {
			h.Set(name, v)
		}
	}
}
