package pebblelog

import (
	"bytes"
	"errors"

	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/payload"
	"sluice/store/ring"
)

// Whole makes rows whole of which a part is in files beside the database: for
// who copies or examines a database.
type Whole struct {
	fs    vfs.FS
	dir   string
	files map[string]*payload.Files
	rings map[string]*ring.Ring
}

// NewWhole reads beside the database in a folder.
func NewWhole(fs vfs.FS, dir string) *Whole {
	return &Whole{fs: fs, dir: dir, files: map[string]*payload.Files{}, rings: map[string]*ring.Ring{}}
}

// Row returns the value of a row as one that says everything by itself. There is
// no need for those about files: keep is false then. A value is whole until the
// next one, like the one that is given.
func (w *Whole) Row(key, value []byte) (whole []byte, keep bool, err error) {
	at := bytes.IndexByte(key, 0)
	if at < 1 {
		return value, true, nil
	}
	namespace := string(key[1:at])
	switch {
	case key[0] == kindGone:
		return nil, false, nil
	case key[0] == kindBlock && isPointer(value):
		p, err := parse(kindBlock, key[at+1:])
		if err != nil {
			return nil, true, err
		}
		ref, err := refOf(value)
		if err != nil {
			return nil, true, err
		}
		b := make([]byte, ref.Length)
		return b, true, w.filesOf(namespace).ReadAt(p.id.Stream, ref, b)
	case key[0] == kindBundle && len(value) > 0 && value[0] == bundleInRing:
		l := &Log{ring: w.ringOf(namespace)}
		b, err := l.fetch(value)
		return b, true, err
	}
	return value, true, nil
}

func (w *Whole) filesOf(namespace string) *payload.Files {
	f := w.files[namespace]
	if f == nil {
		f = payload.Open(payload.Options{FS: w.fs, Dir: w.fs.PathJoin(w.dir, RecordsDir, namespace)})
		w.files[namespace] = f
	}
	return f
}

func (w *Whole) ringOf(namespace string) *ring.Ring {
	r := w.rings[namespace]
	if r == nil {
		r = ring.New(ring.Options{FS: w.fs, Dir: w.fs.PathJoin(w.dir, RingDir, namespace)})
		w.rings[namespace] = r
	}
	return r
}

// Close closes what was opened.
func (w *Whole) Close() (err error) {
	for _, f := range w.files {
		err = errors.Join(err, f.Close())
	}
	for _, r := range w.rings {
		err = errors.Join(err, r.Close())
	}
	return err
}
