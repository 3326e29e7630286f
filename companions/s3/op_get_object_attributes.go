package s3

import (
	"net/http"
	"strconv"
	"strings"
)

// GetObjectAttributes tells chosen things of an object: entity tag, checksum,
// parts, storage class, size.
//
// State: real
// Notes: parts in pages
// Test: TestGetObjectAttributes
func (c *call) getObjectAttributes() error {
	asked := map[string]bool{}
	for _, line := range c.r.Header["X-Amz-Object-Attributes"] {
		for name := range strings.SplitSeq(line, ",") {
			name = strings.TrimSpace(name)
			if name == "" {
				continue
			}
			if !strings.Contains(" ETag Checksum ObjectParts StorageClass ObjectSize ", " "+name+" ") {
				return invalidArgument("x-amz-object-attributes", name, "Invalid attribute name specified.")
			}
			asked[name] = true
		}
	}
	if len(asked) == 0 {
		return invalidRequest("The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty")
	}
	limit, from, err := c.readPartsOrder(c.r.Header.Get("X-Amz-Max-Parts"), c.r.Header.Get("X-Amz-Part-Number-Marker"))
	if err != nil {
		return err
	}
	v, err := c.s.version(c.ctx, c.bucket, c.key, c.query)
	if err != nil {
		c.showMarker(v)
		if v.object != nil && v.Marker {
			return noSuchKey(c.key)
		}
		return err
	}
	d := newDocument()
	d.root("GetObjectAttributesResponse")
	if asked["ETag"] {
		d.text("ETag", v.ETag)
	}
	if asked["Checksum"] && v.Sum.Algorithm != "" {
		d.open("Checksum")
		d.text("Checksum"+v.Sum.Algorithm, v.Sum.Value)
		d.text("ChecksumType", v.Sum.Type)
		d.close("Checksum")
	}
	if asked["ObjectParts"] && v.PartCount > 0 {
		if err := c.describeParts(d, v.object, limit, from); err != nil {
			return err
		}
	}
	if asked["StorageClass"] {
		d.text("StorageClass", v.class())
	}
	if asked["ObjectSize"] {
		d.number("ObjectSize", v.Size)
	}
	d.close("GetObjectAttributesResponse")
	h := c.w.Header()
	h.Set("Last-Modified", httpDate(v.Modified))
	c.showVersion(v.object)
	c.reply(http.StatusOK, d.Bytes())
	return nil
}

// readPartsOrder reads which parts are asked for.
func (c *call) readPartsOrder(max, marker string) (limit, from int, err error) {
	limit = maxKeys
	if max != "" {
		if limit, err = readCount("max-parts", max); err != nil {
			return 0, 0, err
		}
		limit = min(limit, maxKeys)
	}
	if marker != "" {
		from, err = readCount("part-number-marker", marker)
	}
	return limit, from, err
}

func readCount(name, text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	switch {
	case err != nil:
		return 0, invalidArgument(name, text, "Provided "+text+" not an integer or within integer range")
	case n < 0:
		return 0, invalidArgument(name, text, "Argument "+name+" must be an integer between 0 and 2147483647")
	}
	return int(n), nil
}

// describeParts writes the parts of an object. Without checksums of the parts
// the service tells their number only.
func (c *call) describeParts(d *document, o *object, limit, from int) error {
	parts, err := c.s.parts(c.ctx, o)
	if err != nil {
		return err
	}
	d.open("ObjectParts")
	d.number("PartsCount", int64(o.PartCount))
	if o.Sum.Type == composite {
		listed, last, more := 0, 0, false
		var rows document
		for _, p := range parts {
			if p.Number <= from {
				continue
			}
			if more = listed == limit; more {
				break
			}
			rows.open("Part")
			rows.number("PartNumber", int64(p.Number))
			rows.number("Size", p.Size)
			rows.sum(p.Sum)
			rows.close("Part")
			listed, last = listed+1, p.Number
		}
		d.number("PartNumberMarker", int64(from))
		d.number("NextPartNumberMarker", int64(last))
		d.number("MaxParts", int64(limit))
		d.truth("IsTruncated", more)
		_, _ = rows.WriteTo(&d.Buffer)
	}
	d.close("ObjectParts")
	return nil
}

// sum writes a checksum as an element of its own.
func (d *document) sum(s checksum) {
	if s.Algorithm != "" {
		d.text("Checksum"+s.Algorithm, s.Value)
	}
}
