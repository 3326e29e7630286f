package pebblelog

import (
	"bytes"

	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/log"
)

// Spot is a place in a file beside the database.
type Spot struct {
	Path     string
	From, To int64
}

// Where tells where the block or the bundle of a row is, if it is in a file.
func (w *Whole) Where(key, value []byte) (s Spot, ok bool) {
	at := bytes.IndexByte(key, 0)
	if at < 1 || len(value) == 0 {
		return s, false
	}
	p, err := parse(key[0], key[at+1:])
	if err != nil {
		return s, false
	}
	namespace := string(key[1:at])
	switch {
	case key[0] == kindBlock && isPointer(value):
		ref, err := refOf(value)
		return Spot{w.filesOf(namespace).Path(p.id.Stream, ref.File), int64(ref.Offset), ref.End()}, err == nil
	case key[0] == kindBundle && value[0] == bundleInRing:
		row, err := readPointer(value)
		return Spot{w.ringOf(namespace).Path(row.ref.File), row.ref.Offset, row.ref.Offset + int64(row.ref.Length)}, err == nil
	}
	return s, false
}

// Stretch is a number of records of a log, one behind the other.
type Stretch struct {
	ID          log.ID
	First, Last int64
	// Row is the key of the log's row.
	Row []byte
}

// Named tells of which records a row is whose block or bundle cannot be read: all
// says that they are all of them. A bundle names its records itself, which may
// be legible still; what it says is not to be relied on.
func (w *Whole) Named(key, value []byte) (named []Stretch, all bool) {
	at := bytes.IndexByte(key, 0)
	spot, ok := w.Where(key, value)
	if !ok {
		return nil, false
	}
	p, _ := parse(key[0], key[at+1:]) // Where has
	stretch := func(id log.ID, at place) Stretch {
		return Stretch{ID: id, First: at.first(), Last: at.last, Row: keyOf(kindLog, key[:bytes.IndexByte(key, 0)+1], id)}
	}
	if key[0] == kindBlock {
		return []Stretch{stretch(p.id, p.place)}, true
	}
	err := eachPart(readable(w.fs, spot), func(one part, _ int) error {
		of := parsed{kind: kindBlock, id: log.ID{Stream: p.id.Stream, Shard: one.shard}, bucket: one.bucket, place: one.place}
		if err := of.checkBlock(one.value); err != nil {
			return err
		}
		named = append(named, stretch(of.id, one.place))
		return nil
	})
	return named, err == nil
}

// readable is what is there of a spot, with zeros for what is not.
func readable(fs vfs.FS, s Spot) []byte {
	b := make([]byte, s.To-s.From)
	if f, err := fs.Open(s.Path); err == nil {
		defer f.Close()
		_, _ = f.ReadAt(b, s.From)
	}
	return b
}
