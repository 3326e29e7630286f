package store

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/blob"
	"sluice/store/engine"
	"sluice/store/log/pebblelog"
)

// bodiesDir is where bodies are inside the folder of the database, a folder
// for each namespace: what is exchanged, undone or removed as one thing then
// has its bodies with it. Pebble passes by what it has not written.
const bodiesDir = "bodies"

// kindBody begins the keys by which bodies travel in files, a piece each:
// namespace, number, offset. They are in no database.
const kindBody byte = 'f'

// bodyPiece is the most that a pair holds of a body.
const bodyPiece = 1 << 20

// Bodies returns the bodies of a namespace; the same ones each time. Who uses
// them keeps their numbers in a Space and sweeps them before first use.
func (s *Store) Bodies(namespace string) (blob.Store, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.bodies[namespace]; b != nil {
		return b, nil
	}
	if s.options.Memory {
		s.bodies[namespace] = blob.NewMemory(nil)
		return s.bodies[namespace], nil
	}
	b, err := s.openBodies(namespace)
	if err != nil {
		return nil, err
	}
	s.bodies[namespace] = b
	s.holdToo(b.Hold)
	return b, nil
}

func (s *Store) openBodies(namespace string) (*blob.Disk, error) {
	dir := s.folder.path(engineDir, bodiesDir, fileName(namespace))
	if err := makeDir(s.options.FS, dir); err != nil {
		return nil, fmt.Errorf("make the folder of bodies: %w", err)
	}
	b, err := blob.OnDisk(blob.Options{
		FS: s.options.FS, Dir: dir, Durable: s.options.Durability == Disk,
		ReserveBytes: uint64(max(s.options.ReserveBytes, 0)),
	})
	if err != nil {
		return nil, fmt.Errorf("open the bodies in %s: %w", dir, err)
	}
	return b, nil
}

// fileName keeps separators out of the name of a folder.
func fileName(namespace string) string {
	return strings.NewReplacer("/", "_", `\`, "_", ".", "_").Replace(clean(namespace))
}

// hold keeps all bodies and payload files until release, so that a checkpoint
// finds every one that its database names.
func (s *Store) hold() (release func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := &holding{}
	for _, l := range s.logs {
		h.releases = append(h.releases, l.(*pebblelog.Log).HoldFiles())
	}
	for _, b := range s.bodies {
		if onDisk, ok := b.(*blob.Disk); ok {
			h.releases = append(h.releases, onDisk.Hold())
		}
	}
	s.holdings[h] = true
	return func() error { return s.letGo(h) }
}

// holding is what one caller of hold holds.
type holding struct {
	releases []func() error
}

// holdToo has what is opened just now held as well by who holds everything. mu
// is held.
func (s *Store) holdToo(hold func() (release func() error)) {
	for h := range s.holdings {
		h.releases = append(h.releases, hold())
	}
}

func (s *Store) letGo(h *holding) (err error) {
	s.mu.Lock()
	delete(s.holdings, h)
	s.mu.Unlock()
	for _, f := range h.releases {
		if e := f(); err == nil {
			err = e
		}
	}
	return err
}

// linkBodies gives the folder of another database the bodies of this one.
func linkBodies(fs vfs.FS, from, to string) error {
	return eachBodies(fs, from, func(name, dir string) error {
		target := fs.PathJoin(to, bodiesDir, name)
		if err := makeDir(fs, target); err != nil {
			return err
		}
		return blob.LinkAll(fs, dir, target)
	})
}

// BodyBytes adds up the bodies in the folder of a database.
func BodyBytes(fs vfs.FS, database string) (total int64, err error) {
	err = eachBodies(fs, database, func(_, dir string) error {
		n, err := blob.Bytes(fs, dir)
		total += n
		return err
	})
	return total, err
}

// eachBodies calls f for the folder of each namespace.
func eachBodies(fs vfs.FS, database string, f func(name, dir string) error) error {
	return engine.EachFolder(fs, fs.PathJoin(database, bodiesDir), f)
}

func bodyKey(namespace string, id blob.ID, off int64) []byte {
	k := binary.BigEndian.AppendUint64(layoutKey(kindBody, namespace, ""), uint64(id))
	return binary.BigEndian.AppendUint64(k, uint64(off))
}

// readBodyKey reads what follows the namespace.
func readBodyKey(rest []byte) (id blob.ID, off int64) {
	return blob.ID(binary.BigEndian.Uint64(rest)), int64(binary.BigEndian.Uint64(rest[8:]))
}

func checkBody(rest, value []byte) error {
	if len(rest) != 16 || len(value) == 0 || len(value) > bodyPiece {
		return fmt.Errorf("%w: a piece of a body", ErrPair)
	}
	if id, off := readBodyKey(rest); id == 0 || off < 0 || off%bodyPiece != 0 {
		return fmt.Errorf("%w: a piece of a body", ErrPair)
	}
	return nil
}

// bodyPairs gives the bodies of a store on disk as pairs.
func (s *Store) bodyPairs(f func(key, value []byte) error) error {
	return eachBodies(s.options.FS, s.folder.path(engineDir), func(name, _ string) error {
		b, err := s.Bodies(name)
		if err != nil {
			return err
		}
		return b.(*blob.Disk).Each(func(id blob.ID, off int64, piece []byte) error {
			return f(bodyKey(name, id, off), piece)
		})
	})
}

// addBody writes a piece of a body.
func (f *Filler) addBody(namespace string, rest, piece []byte) error {
	if f.bodies == nil {
		f.bodies = map[string]*blob.Filler{}
	}
	if f.bodies[namespace] == nil {
		b, err := f.store.Bodies(namespace)
		if err != nil {
			return err
		}
		f.bodies[namespace] = b.(*blob.Disk).Fill()
	}
	id, off := readBodyKey(rest)
	fits, err := f.bodies[namespace].Add(id, off, piece)
	if err == nil && !fits {
		err = fmt.Errorf("%w: a piece of a body is out of place", ErrPair)
	}
	return err
}

func (f *Filler) flushBodies() (err error) {
	for _, b := range f.bodies {
		if e := b.Flush(); err == nil {
			err = e
		}
	}
	return err
}
