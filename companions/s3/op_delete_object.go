package s3

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"sluice/store/kv"
)

// DeleteObject removes an object, hides it behind a delete marker, or removes a
// version.
//
// State: real
// Notes: conditions on entity tag, size and time; MFA is not there
// Test: TestDeleteObject
func (c *call) deleteObject() error {
	version := c.param("versionId")
	if c.query.Has("versionId") && version == "" {
		return invalidArgument("versionId", "", "Version id cannot be the empty string")
	}
	cond, err := readDeleteConditions(c.r.Header)
	if err != nil {
		return err
	}
	cond.bypass = bypasses(c.r.Header)
	gone, err := c.s.delete(c.ctx, c.bucket, c.key, version, cond)
	if err != nil {
		return err
	}
	h := c.w.Header()
	if gone.marker {
		h.Set("X-Amz-Delete-Marker", "true")
	}
	if gone.version != "" {
		h.Set("X-Amz-Version-Id", gone.version)
	}
	c.reply(http.StatusNoContent, nil)
	return nil
}

// deleteConditions are what a delete wants to hold of the object.
type deleteConditions struct {
	match    string
	size     *int64
	modified time.Time
	bypass   bool // overrule governance
}

func readDeleteConditions(h http.Header) (d deleteConditions, err error) {
	d.match = h.Get("If-Match")
	d.modified = readDate(h.Get("X-Amz-If-Match-Last-Modified-Time"))
	if text := h.Get("X-Amz-If-Match-Size"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return d, invalidArgument("x-amz-if-match-size", text, "The size is not an integer")
		}
		d.size = &n
	}
	return d, nil
}

func (d deleteConditions) check(key string, there *object) error {
	if d.match == "" && d.size == nil && d.modified.IsZero() {
		return nil
	}
	switch {
	case there == nil || there.Marker:
		return noSuchKey(key)
	case d.match != "" && !matches(d.match, there.ETag):
		return preconditionFailed("If-Match")
	case d.size != nil && *d.size != there.Size:
		return preconditionFailed("x-amz-if-match-size")
	case !d.modified.IsZero() && !d.modified.Truncate(time.Second).Equal(there.Modified.Truncate(time.Second)):
		return preconditionFailed("x-amz-if-match-last-modified-time")
	}
	return nil
}

// deleted is what a delete came to.
type deleted struct {
	marker  bool   // a delete marker was made, or removed
	version string // of what was removed or made; empty without versions
}

func (s *Store) delete(ctx context.Context, b *bucket, key, version string, cond deleteConditions) (out deleted, err error) {
	var w waste
	err = s.use(b, key, func() error {
		var batch kv.Batch
		last, err := s.latest(ctx, b.id, key)
		if err == nil {
			err = cond.check(key, last)
		}
		switch {
		case err != nil:
		case version != "":
			out, err = s.deleteVersion(ctx, b, key, version, cond.bypass, &batch, &w)
		case b.versioning() == "":
			if last != nil {
				batch.Delete(objectKey(b.id, key))
				err = s.discard(ctx, last, &w)
			}
		default:
			marker := &object{Marker: true, Modified: s.now(), Owner: b.record.Load().Account}
			err = s.install(ctx, b, key, marker, &batch, &w)
			out = deleted{true, marker.versionID()}
		}
		if err != nil || len(batch.Changes) == 0 {
			return err
		}
		w.addTo(&batch)
		return s.commit(ctx, &batch)
	})
	if err == nil {
		s.clear(&w)
	}
	return out, err
}

// deleteVersion removes a version. One that is not there is no error.
func (s *Store) deleteVersion(ctx context.Context, b *bucket, key, version string, bypass bool, batch *kv.Batch, w *waste) (deleted, error) {
	v, err := s.named(ctx, b, key, version)
	if err != nil {
		if noSuchVersion(key, version).Is(err) {
			return deleted{version: version}, nil
		}
		return deleted{}, err
	}
	if v.Lock.holds(s.now(), bypass) {
		return deleted{}, locked()
	}
	return deleted{v.Marker, v.versionID()}, s.erase(ctx, b, key, v, batch, w)
}
