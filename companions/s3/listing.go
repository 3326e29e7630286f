package s3

import (
	"context"
	"net/url"
	"strconv"
	"strings"
)

// maxKeys is how many entries a page has at most.
const maxKeys = 1000

// order is what a list is asked for.
type order struct {
	prefix, delimiter string
	after             string // entries come after this one
	limit             int
	encoded           bool // keys are escaped as in URLs
}

// readOrder reads the parameters that all lists have.
func (c *call) readOrder(limitName, afterName string) (o order, err error) {
	o = order{prefix: c.param("prefix"), delimiter: c.param("delimiter"), after: c.param(afterName), limit: maxKeys}
	if text := c.param(limitName); text != "" {
		n, err := strconv.ParseInt(text, 10, 32)
		switch {
		case err != nil:
			return o, invalidArgument(limitName, text, "Provided "+limitName+" not an integer or within integer range")
		case n < 0:
			return o, invalidArgument(limitName, text, "Argument "+limitName+" must be an integer between 0 and 2147483647")
		}
		o.limit = int(min(n, maxKeys))
	}
	switch c.param("encoding-type") {
	case "":
	case "url":
		o.encoded = true
	default:
		return o, invalidArgument("encoding-type", c.param("encoding-type"), "Invalid Encoding Method specified in Request")
	}
	return o, nil
}

// shown is a key as the list shows it.
func (o *order) shown(key string) string {
	if !o.encoded {
		return key
	}
	return urlEncoded(key)
}

// urlEncoded escapes a key as lists do: slashes stay, a space is a plus.
func urlEncoded(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(key), "%2F", "/"), "%2A", "*")
}

// group is the common prefix that a key falls under; empty for none.
func (o *order) group(key string) string {
	if o.delimiter == "" {
		return ""
	}
	i := strings.Index(key[len(o.prefix):], o.delimiter)
	if i < 0 {
		return ""
	}
	return key[:len(o.prefix)+i+len(o.delimiter)]
}

// entry is a key with its object, or a common prefix.
type entry struct {
	key    string
	object *object // nil for a common prefix
}

// page is a part of a list.
type page struct {
	entries []entry
	more    bool
}

// last is the entry that the next page comes after.
func (p *page) last() string {
	if len(p.entries) == 0 {
		return ""
	}
	return p.entries[len(p.entries)-1].key
}

// list reads a page of the latest versions. Groups are jumped over, so that a
// page costs what it shows and not what it hides.
func (s *Store) list(ctx context.Context, b *bucket, o order) (p page, err error) {
	if o.limit == 0 {
		return p, nil
	}
	base := numbered(kindObject, b.id)
	end := after(objectKey(b.id, o.prefix))
	from := objectKey(b.id, o.prefix)
	if o.after != "" {
		if g := o.groupOf(o.after); g != "" {
			from = maxBytes(from, after(objectKey(b.id, g)))
		} else {
			from = maxBytes(from, append(objectKey(b.id, o.after), 0))
		}
	}
	for from != nil {
		start := from
		from = nil
		err = s.space.Scan(ctx, start, end, false, func(row, value []byte) (bool, error) {
			key := string(row[len(base):])
			if g := o.group(key); g != "" {
				return o.addGroup(&p, g, func() bool { from = after(objectKey(b.id, g)); return false }, value)
			}
			one := new(object)
			if err := decode(value, one); err != nil || one.Marker {
				return true, err
			}
			if len(p.entries) == o.limit {
				p.more = true
				return false, nil
			}
			p.entries = append(p.entries, entry{key, one})
			return true, nil
		})
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// addGroup adds a common prefix if the object that shows it is not a delete
// marker, and jumps behind it.
func (o *order) addGroup(p *page, group string, jump func() bool, value []byte) (bool, error) {
	var one object
	if err := decode(value, &one); err != nil || one.Marker {
		return true, err // perhaps the next one shows it
	}
	if len(p.entries) == o.limit {
		p.more = true
		return false, nil
	}
	p.entries = append(p.entries, entry{key: group})
	return jump(), nil
}

// groupOf is the common prefix that a marker lies in or is.
func (o *order) groupOf(marker string) string {
	if !strings.HasPrefix(marker, o.prefix) {
		return ""
	}
	return o.group(marker)
}

func maxBytes(a, b []byte) []byte {
	if b == nil || string(a) < string(b) {
		return b
	}
	return a
}

// contents writes the keys of a page, then its common prefixes.
func (d *document) contents(o *order, p *page, owner bool) {
	for _, e := range p.entries {
		if e.object == nil {
			continue
		}
		d.open("Contents")
		d.text("Key", o.shown(e.key))
		d.object(e.object)
		if owner {
			d.owner("Owner", e.object.Owner)
		}
		d.close("Contents")
	}
	for _, e := range p.entries {
		if e.object == nil {
			d.prefix(o.shown(e.key))
		}
	}
}

func (d *document) prefix(shown string) {
	d.open("CommonPrefixes")
	d.text("Prefix", shown)
	d.close("CommonPrefixes")
}

// object writes what lists show of an object.
func (d *document) object(o *object) {
	d.text("LastModified", xmlDate(o.Modified))
	d.text("ETag", o.quotedETag())
	if o.Sum.Algorithm != "" {
		d.text("ChecksumAlgorithm", o.Sum.Algorithm)
		d.text("ChecksumType", o.Sum.Type)
	}
	d.number("Size", o.Size)
	d.text("StorageClass", o.class())
}

func (o *object) class() string {
	if class := o.Header[storageClass]; class != "" {
		return class
	}
	return standard
}
