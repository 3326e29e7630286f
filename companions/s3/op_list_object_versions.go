package s3

import (
	"context"
	"net/http"
	"strings"
)

// ListObjectVersions lists all versions of the keys of a bucket, delete markers
// included.
//
// State: real
// Notes: prefix, delimiter, markers, encoding
// Test: TestListObjectVersions
func (c *call) listObjectVersions() error {
	if max := c.param("max-keys"); strings.HasPrefix(max, "-") {
		return invalidArgument("maxKeys", max, "max-keys cannot be negative")
	}
	o, err := c.readOrder("max-keys", "key-marker")
	if err != nil {
		return err
	}
	marker := c.param("version-id-marker")
	if c.query.Has("version-id-marker") && o.after == "" {
		return invalidArgument("version-id-marker", marker, "A version-id marker cannot be specified without a key marker.")
	}
	if marker != "" && marker != nullVersion {
		if _, ok := seqOfVersion(marker); !ok {
			return invalidArgument("version-id-marker", marker, "Invalid version id specified")
		}
	}
	p, err := c.s.listVersions(c.ctx, c.bucket, o, marker)
	if err != nil {
		return err
	}
	d := newDocument()
	d.root("ListVersionsResult")
	d.text("Name", c.bucketName)
	d.text("Prefix", o.shown(o.prefix))
	d.text("KeyMarker", o.shown(o.after))
	d.text("VersionIdMarker", marker)
	if p.more {
		last := p.entries[len(p.entries)-1]
		d.text("NextKeyMarker", o.shown(last.key))
		if last.object != nil {
			d.text("NextVersionIdMarker", last.versionID())
		}
	}
	d.number("MaxKeys", int64(o.limit))
	if o.delimiter != "" {
		d.text("Delimiter", o.shown(o.delimiter))
	}
	d.some("EncodingType", c.param("encoding-type"))
	d.truth("IsTruncated", p.more)
	d.versions(&o, &p)
	d.close("ListVersionsResult")
	c.reply(http.StatusOK, d.Bytes())
	return nil
}

func (d *document) versions(o *order, p *versionPage) {
	for _, e := range p.entries {
		if e.object == nil {
			continue
		}
		element := "Version"
		if e.Marker {
			element = "DeleteMarker"
		}
		d.open(element)
		d.text("Key", o.shown(e.key))
		d.text("VersionId", e.versionID())
		d.truth("IsLatest", e.latest)
		if e.Marker {
			d.text("LastModified", xmlDate(e.Modified))
		} else {
			d.object(e.object)
		}
		d.owner("Owner", e.Owner)
		d.close(element)
	}
	for _, e := range p.entries {
		if e.object == nil {
			d.prefix(o.shown(e.key))
		}
	}
}

// versionEntry is a version of a key, or a common prefix.
type versionEntry struct {
	key    string
	latest bool
	*object
}

type versionPage struct {
	entries []versionEntry
	more    bool
}

// add reports whether there was room.
func (p *versionPage) add(o *order, e versionEntry) bool {
	if len(p.entries) == o.limit {
		p.more = true
		return false
	}
	p.entries = append(p.entries, e)
	return true
}

// listVersions reads a page of versions: for each key the latest, then those
// before it. With a marker the page begins behind that version of the key.
func (s *Store) listVersions(ctx context.Context, b *bucket, o order, marker string) (p versionPage, err error) {
	if o.limit == 0 {
		return p, nil
	}
	if marker != "" {
		if err := s.restOfKey(ctx, b, o, marker, &p); err != nil || p.more {
			return p, err
		}
	}
	base := numbered(kindObject, b.id)
	from, end := objectKey(b.id, o.prefix), after(objectKey(b.id, o.prefix))
	if o.after != "" {
		if g := o.groupOf(o.after); g != "" {
			from = maxBytes(from, after(objectKey(b.id, g)))
		} else {
			from = maxBytes(from, append(objectKey(b.id, o.after), 0))
		}
	}
	for from != nil && !p.more {
		start := from
		from = nil
		err = s.space.Scan(ctx, start, end, false, func(row, value []byte) (bool, error) {
			key := string(row[len(base):])
			if g := o.group(key); g != "" {
				if p.add(&o, versionEntry{key: g}) {
					from = after(objectKey(b.id, g))
				}
				return false, nil
			}
			one := new(object)
			if err := decode(value, one); err != nil {
				return false, err
			}
			if !p.add(&o, versionEntry{key, true, one}) {
				return false, nil
			}
			return s.oldVersions(ctx, b, o, key, &p, nil)
		})
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// restOfKey adds the versions of the key marker that are older than the
// version marker.
func (s *Store) restOfKey(ctx context.Context, b *bucket, o order, marker string, p *versionPage) error {
	at, err := s.named(ctx, b, o.after, marker)
	if noSuchVersion("", "").Is(err) {
		seq, ok := seqOfVersion(marker)
		if !ok {
			return nil
		}
		at, err = stored{object: &object{Seq: seq}}, nil
	}
	if err != nil {
		return err
	}
	_, err = s.oldVersions(ctx, b, o, o.after, p, at.object)
	return err
}

// oldVersions adds the versions before the latest, or before one of them.
func (s *Store) oldVersions(ctx context.Context, b *bucket, o order, key string, p *versionPage, before *object) (more bool, err error) {
	if b.versioning() == "" {
		return true, nil
	}
	prefix := oldPrefix(b.id, key)
	from := prefix
	if before != nil {
		from = append(oldKey(b.id, key, before.Seq), 0)
	}
	more = true
	err = s.space.Scan(ctx, from, after(prefix), false, func(_, value []byte) (bool, error) {
		one := new(object)
		if err := decode(value, one); err != nil {
			return false, err
		}
		more = p.add(&o, versionEntry{key, false, one})
		return more, nil
	})
	return more, err
}
