package store

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"sluice/store/blob"
	"sluice/store/engine"
	"sluice/store/log/pebblelog"
)

// Pairs calls f for all keys and values of a store on disk, in the order of
// keys, and then for its bodies, in pieces. They are valid during the call. f's
// first error ends it.
func (s *Store) Pairs(f func(key, value []byte) error) error {
	resume, err := s.settleLogs()
	if err != nil {
		return err
	}
	defer resume()
	release := s.hold()
	err = s.rows(f)
	if err == nil {
		err = s.bodyPairs(f)
	}
	return errors.Join(err, release())
}

// rows gives the rows of the database, with what they name in files.
func (s *Store) rows(f func(key, value []byte) error) (err error) {
	whole := pebblelog.NewWhole(s.options.FS, s.folder.path(engineDir))
	defer func() { err = errors.Join(err, whole.Close()) }()
	return s.engine.Read(func(r pebble.Reader) (err error) {
		it, err := r.NewIter(nil)
		if err != nil {
			return err
		}
		defer func() {
			if e := it.Close(); err == nil {
				err = e
			}
		}()
		for ok := it.First(); ok; ok = it.Next() {
			value, err := it.ValueAndErr()
			keep := err == nil
			if keep {
				value, keep, err = whole.Row(it.Key(), value)
			}
			if keep && err == nil {
				err = f(it.Key(), value)
			}
			if err != nil {
				return err
			}
		}
		return it.Error()
	})
}

// fillBytes is how much a Filler writes at once.
const fillBytes = 2 << 20

// Filler writes pairs into a store on disk that is not in use yet.
type Filler struct {
	store  *Store
	batch  *engine.Batch
	bodies map[string]*blob.Filler
}

// Fill begins to write pairs.
func (s *Store) Fill() *Filler { return &Filler{store: s} }

// Add writes a pair that CheckPair accepts. It may fail with ErrFull.
func (f *Filler) Add(key, value []byte) error {
	if kind, namespace, rest, err := split(key); err == nil && kind == kindBody {
		return f.addBody(namespace, rest, value)
	}
	if f.batch != nil && f.batch.Len()+len(key)+len(value) > fillBytes {
		if err := f.Flush(); err != nil {
			return err
		}
	}
	if f.batch == nil {
		e := f.store.engine
		if err := e.Admit(fillBytes + len(value)); err != nil {
			return err
		}
		batch, err := e.NewBatch(fillBytes)
		if err != nil {
			return err
		}
		f.batch = batch
	}
	return f.batch.Set(key, value, nil)
}

// Flush makes durable what was added.
func (f *Filler) Flush() error {
	if err := f.flushBodies(); err != nil || f.batch == nil {
		return err
	}
	batch := f.batch
	f.batch = nil
	return batch.Submit(func(error) {}).Wait()
}

// ErrFull means that the disk is full.
var ErrFull = engine.ErrFull
