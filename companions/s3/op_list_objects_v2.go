package s3

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"net/http"
)

// ListObjectsV2 lists the keys of a bucket.
//
// State: real
// Notes: prefix, delimiter, start-after, continuation tokens, encoding
// Test: TestListObjectsV2
func (c *call) listObjectsV2() error {
	if c.param("list-type") != "2" {
		return invalidArgument("list-type", c.param("list-type"), "Invalid List Type specified in Request")
	}
	o, err := c.readOrder("max-keys", "start-after")
	if err != nil {
		return err
	}
	if c.query.Has("continuation-token") {
		token := c.param("continuation-token")
		var ok bool
		if o.after, ok = readToken(c.bucket.id, token); !ok {
			return invalidArgument("continuation-token", token, "The continuation token provided is incorrect")
		}
	}
	p, err := c.s.list(c.ctx, c.bucket, o)
	if err != nil {
		return err
	}
	d := newDocument()
	d.root("ListBucketResult")
	d.text("Name", c.bucketName)
	d.text("Prefix", o.shown(o.prefix))
	d.some("StartAfter", o.shown(c.param("start-after")))
	d.some("ContinuationToken", c.param("continuation-token"))
	if p.more {
		d.text("NextContinuationToken", tokenAfter(c.bucket.id, p.last()))
	}
	d.number("KeyCount", int64(len(p.entries)))
	d.number("MaxKeys", int64(o.limit))
	if o.delimiter != "" {
		d.text("Delimiter", o.shown(o.delimiter))
	}
	d.some("EncodingType", c.param("encoding-type"))
	d.truth("IsTruncated", p.more)
	d.contents(&o, &p, c.param("fetch-owner") == "true")
	d.close("ListBucketResult")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}

// tokenAfter is the token of the page that begins after a key: the key behind a
// checksum, so that what is no token of this bucket is refused.
func tokenAfter(bucket uint64, key string) string {
	raw := binary.BigEndian.AppendUint32(nil, tokenSum(bucket, key))
	return base64.RawURLEncoding.EncodeToString(append(raw, key...))
}

func readToken(bucket uint64, token string) (key string, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) <= crc32.Size {
		return "", false
	}
	key = string(raw[crc32.Size:])
	return key, binary.BigEndian.Uint32(raw) == tokenSum(bucket, key)
}

func tokenSum(bucket uint64, key string) uint32 {
	return crc32.ChecksumIEEE(append(binary.BigEndian.AppendUint64(nil, bucket), key...))
}
