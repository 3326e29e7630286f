package s3

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"sluice/store/kv"
)

// Version ids are 32 letters, digits, dots and underscores: the place of the
// version in the order of its key, and random bytes.
const versionBytes = 24

func (s *Store) newVersion(seq uint64) string {
	raw := binary.BigEndian.AppendUint64(make([]byte, 0, versionBytes), seq)
	raw = raw[:versionBytes]
	_, _ = s.cfg.Dice.Read(raw[8:])
	return strings.ReplaceAll(base64.RawURLEncoding.EncodeToString(raw), "-", ".")
}

// foreignVersion is the form of ids that another store may have given out, as
// ULIDs are.
var foreignVersion = regexp.MustCompile(`^[0-9A-Z]{26}$`)

func seqOfVersion(id string) (seq uint64, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.ReplaceAll(id, ".", "-"))
	if err != nil || len(raw) != versionBytes || strings.Contains(id, "-") {
		return 0, false
	}
	return binary.BigEndian.Uint64(raw), true
}

// latest reads the latest version of a key, a delete marker included; nil when
// there is none.
func (s *Store) latest(ctx context.Context, bucket uint64, key string) (*object, error) {
	return s.readObject(ctx, objectKey(bucket, key))
}

func (s *Store) readObject(ctx context.Context, row []byte) (*object, error) {
	raw, ok, err := s.space.Get(ctx, row)
	if err != nil || !ok {
		return nil, err
	}
	o := new(object)
	return o, decode(raw, o)
}

// stored is a version and the row it is in.
type stored struct {
	*object
	row    []byte
	latest bool
}

// named finds a version by its id. It is an error when the id is none.
func (s *Store) named(ctx context.Context, b *bucket, key, id string) (stored, error) {
	seq, ok := seqOfVersion(id)
	if !ok && foreignVersion.MatchString(id) {
		return stored{}, noSuchVersion(key, id)
	}
	if !ok && id != nullVersion {
		return stored{}, invalidVersion(id)
	}
	row := objectKey(b.id, key)
	o, err := s.readObject(ctx, row)
	if err != nil {
		return stored{}, err
	}
	if o != nil && o.versionID() == id {
		return stored{o, row, true}, nil
	}
	if id == nullVersion {
		o, row, err = s.oldNull(ctx, b, key)
	} else {
		row = oldKey(b.id, key, seq)
		o, err = s.readObject(ctx, row)
	}
	if err != nil {
		return stored{}, err
	}
	if o == nil || o.versionID() != id {
		return stored{}, noSuchVersion(key, id)
	}
	return stored{o, row, false}, nil
}

// oldNull finds the null version among those before the latest.
func (s *Store) oldNull(ctx context.Context, b *bucket, key string) (found *object, row []byte, err error) {
	prefix := oldPrefix(b.id, key)
	err = s.space.Scan(ctx, prefix, after(prefix), false, func(k, value []byte) (bool, error) {
		var o object
		if err := decode(value, &o); err != nil || o.Version != "" {
			return true, err
		}
		found, row = &o, append([]byte{}, k...)
		return false, nil
	})
	return found, row, err
}

// version finds the version that a request asks for: the latest, or that of
// its parameter versionId. Delete markers are errors.
func (s *Store) version(ctx context.Context, b *bucket, key string, query url.Values) (stored, error) {
	if query.Has("versionId") {
		id := query.Get("versionId")
		if id == "" {
			return stored{}, invalidArgument("versionId", "", "Version id cannot be the empty string")
		}
		v, err := s.named(ctx, b, key, id)
		if err == nil && v.Marker {
			e := methodNotAllowed(http.MethodGet, "DeleteMarker")
			return v, e
		}
		return v, err
	}
	row := objectKey(b.id, key)
	o, err := s.readObject(ctx, row)
	if err != nil {
		return stored{}, err
	}
	if o == nil {
		return stored{}, noSuchKey(key)
	}
	if o.Marker {
		return stored{o, row, true}, noSuchKey(key)
	}
	return stored{o, row, true}, nil
}

// showMarker adds what an answer says about a delete marker in the way.
func (c *call) showMarker(v stored) {
	if v.object == nil || !v.Marker {
		return
	}
	c.w.Header().Set("X-Amz-Delete-Marker", "true")
	c.w.Header().Set("X-Amz-Version-Id", v.versionID())
	if !v.latest {
		c.w.Header().Set("Last-Modified", httpDate(v.Modified))
	}
}

// install makes next the latest version of a key, by the rules of the bucket's
// versioning. The key's turn is held.
func (s *Store) install(ctx context.Context, b *bucket, key string, next *object, batch *kv.Batch, w *waste) error {
	last, err := s.latest(ctx, b.id, key)
	if err != nil {
		return err
	}
	next.V, next.Seq = recordVersion, uint64(next.Modified.UnixNano())
	if last != nil && last.Seq >= next.Seq {
		next.Seq = last.Seq + 1
	}
	mode := b.versioning()
	if mode == versioningEnabled {
		next.Version = s.newVersion(next.Seq)
	}
	switch {
	case last == nil:
	case mode != versioningEnabled && last.Version == "":
		if err := s.discard(ctx, last, w); err != nil {
			return err
		}
	default:
		batch.Set(oldKey(b.id, key, last.Seq), encode(last))
		if mode == versioningEnabled {
			break
		}
		null, row, err := s.oldNull(ctx, b, key)
		if err == nil && null != nil {
			batch.Delete(row)
			err = s.discard(ctx, null, w)
		}
		if err != nil {
			return err
		}
	}
	batch.Set(objectKey(b.id, key), encode(next))
	return nil
}

// erase removes a version for good. When it was the latest the one before it is
// now. The key's turn is held.
func (s *Store) erase(ctx context.Context, b *bucket, key string, v stored, batch *kv.Batch, w *waste) error {
	batch.Delete(v.row)
	if err := s.discard(ctx, v.object, w); err != nil || !v.latest || b.versioning() == "" {
		return err
	}
	prefix := oldPrefix(b.id, key)
	return s.space.Scan(ctx, prefix, after(prefix), false, func(k, value []byte) (bool, error) {
		batch.Delete(append([]byte{}, k...))
		batch.Set(objectKey(b.id, key), append([]byte{}, value...))
		return false, nil
	})
}
