package s3

import "net/http"

// ListObjects lists the keys of a bucket, the older way.
//
// State: real
// Notes: prefix, delimiter, marker, encoding
// Test: TestListObjects
func (c *call) listObjects() error {
	o, err := c.readOrder("max-keys", "marker")
	if err != nil {
		return err
	}
	p, err := c.s.list(c.ctx, c.bucket, o)
	if err != nil {
		return err
	}
	d := newDocument()
	d.root("ListBucketResult")
	d.text("Name", c.bucketName)
	d.text("Prefix", o.shown(o.prefix))
	d.text("Marker", o.shown(o.after))
	if p.more { // the service leaves it out without a delimiter, and clients take the last key
		d.text("NextMarker", o.shown(p.last()))
	}
	d.number("MaxKeys", int64(o.limit))
	if o.delimiter != "" {
		d.text("Delimiter", o.shown(o.delimiter))
	}
	d.some("EncodingType", c.param("encoding-type"))
	d.truth("IsTruncated", p.more)
	d.contents(&o, &p, true)
	d.close("ListBucketResult")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}
