package s3

import (
	"bytes"
	"net/http"
)

// ListMultipartUploads lists the uploads under way in a bucket.
//
// State: real
// Notes: prefix, delimiter, markers, encoding
// Test: TestListMultipartUploads
func (c *call) listMultipartUploads() error {
	o, err := c.readOrder("max-uploads", "key-marker")
	if err != nil {
		return err
	}
	marker := c.param("upload-id-marker")
	if o.after == "" {
		marker = ""
	}
	p, err := c.uploadsPage(o, marker)
	if err != nil {
		return err
	}
	d := newDocument()
	d.root("ListMultipartUploadsResult")
	d.text("Bucket", c.bucketName)
	d.text("KeyMarker", o.shown(o.after))
	d.text("UploadIdMarker", marker)
	if p.more {
		last := p.entries[len(p.entries)-1]
		d.text("NextKeyMarker", o.shown(last.key))
		if last.upload != nil {
			d.text("NextUploadIdMarker", last.ID)
		}
	}
	d.text("Prefix", o.shown(o.prefix))
	if o.delimiter != "" {
		d.text("Delimiter", o.shown(o.delimiter))
	}
	d.some("EncodingType", c.param("encoding-type"))
	d.number("MaxUploads", int64(o.limit))
	d.truth("IsTruncated", p.more)
	d.uploads(&o, &p)
	d.close("ListMultipartUploadsResult")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}

// findMarker finds the row of the upload that a page comes after: one of the
// key marker, or where that has none, of a key behind it.
func (c *call) findMarker(key, id string) (row []byte, err error) {
	seq, ok := seqOfVersion(id)
	base := numbered(kindUpload, c.bucket.id)
	err = c.s.space.Scan(c.ctx, appendEscaped(bytes.Clone(base), key), after(base), false, func(k, value []byte) (bool, error) {
		var u upload
		if err := decode(value, &u); err != nil {
			return false, err
		}
		if ok && u.Seq == seq && u.ID == id {
			row = bytes.Clone(k)
			return false, nil
		}
		at, _ := unescape(k[len(base):])
		return at != key, nil // the uploads of the key itself come first
	})
	if err == nil && row == nil {
		row, err = c.markerOf(key, seq, id)
	}
	return row, err
}

// markerOf finds an upload of exactly that key.
func (c *call) markerOf(key string, seq uint64, id string) ([]byte, error) {
	_, err := c.s.upload(c.ctx, c.bucket, key, id)
	if noSuchUpload("").Is(err) {
		return nil, invalidArgument("upload-id-marker", id, "Invalid uploadId marker")
	}
	return uploadKey(c.bucket.id, key, seq), err
}

func (d *document) uploads(o *order, p *uploadPage) {
	for _, e := range p.entries {
		if e.upload == nil {
			continue
		}
		d.open("Upload")
		d.text("Key", o.shown(e.key))
		d.text("UploadId", e.ID)
		d.owner("Initiator", e.Owner)
		d.owner("Owner", e.Owner)
		d.text("StorageClass", (&object{Header: e.Header}).class())
		d.text("Initiated", xmlDate(e.Started))
		if !e.Default {
			d.text("ChecksumAlgorithm", e.Algorithm)
			d.text("ChecksumType", e.Type)
		}
		d.close("Upload")
	}
	for _, e := range p.entries {
		if e.upload == nil {
			d.prefix(o.shown(e.key))
		}
	}
}

// uploadEntry is an upload, or a common prefix.
type uploadEntry struct {
	key string
	*upload
}

type uploadPage struct {
	entries []uploadEntry
	more    bool
}

// uploadsPage reads a page of uploads: by key, then in the order they began.
// With a marker the uploads of that key that began later come too.
func (c *call) uploadsPage(o order, marker string) (p uploadPage, err error) {
	if o.limit == 0 {
		return p, nil
	}
	base := numbered(kindUpload, c.bucket.id)
	from := bytes.TrimSuffix(appendEscaped(bytes.Clone(base), o.prefix), []byte{0, 1})
	end := after(from)
	if o.after != "" {
		past := after(appendEscaped(bytes.Clone(base), o.after))
		if marker != "" {
			row, err := c.findMarker(o.after, marker)
			if err != nil {
				return p, err
			}
			past = append(row, 0)
		}
		from = maxBytes(from, past)
	}
	last := o.groupOf(o.after) // a group that was shown does not come again
	err = c.s.space.Scan(c.ctx, from, end, false, func(row, value []byte) (bool, error) {
		key, _ := unescape(row[len(base):])
		e := uploadEntry{key: key}
		if g := o.group(key); g != "" {
			if g == last {
				return true, nil
			}
			last, e.key = g, g
		} else {
			e.upload = new(upload)
			if err := decode(value, e.upload); err != nil {
				return false, err
			}
		}
		if len(p.entries) == o.limit {
			p.more = true
			return false, nil
		}
		p.entries = append(p.entries, e)
		return true, nil
	})
	return p, err
}
