package s3

import "net/http"

// ListParts lists the parts of an upload that have come.
//
// State: real
// Notes: pages
// Test: TestListParts
func (c *call) listParts() error {
	limit, from, err := c.readPartsOrder(c.param("max-parts"), c.param("part-number-marker"))
	if err != nil {
		return err
	}
	u, err := c.findUpload()
	if err != nil {
		return err
	}
	var rows document
	listed, last, more := 0, 0, false
	err = c.s.readParts(c.ctx, u, from+1, func(p part) bool {
		if more = listed == limit; more {
			return false
		}
		rows.open("Part")
		rows.number("PartNumber", int64(p.Number))
		rows.text("LastModified", xmlDate(p.Modified))
		rows.text("ETag", `"`+p.ETag+`"`)
		rows.number("Size", p.Size)
		if !u.Default {
			rows.sum(p.Sum)
		}
		rows.close("Part")
		listed, last = listed+1, p.Number
		return true
	})
	if err != nil {
		return err
	}
	d := newDocument()
	d.root("ListPartsResult")
	d.text("Bucket", c.bucketName)
	d.text("Key", c.key)
	d.text("UploadId", u.ID)
	d.owner("Initiator", u.Owner)
	d.owner("Owner", u.Owner)
	d.text("StorageClass", (&object{Header: u.Header}).class())
	d.number("PartNumberMarker", int64(from))
	d.number("NextPartNumberMarker", int64(last))
	d.number("MaxParts", int64(limit))
	d.truth("IsTruncated", more)
	if !u.Default {
		d.text("ChecksumAlgorithm", u.Algorithm)
		d.text("ChecksumType", u.Type)
	}
	_, _ = rows.WriteTo(&d.Buffer)
	d.close("ListPartsResult")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}
