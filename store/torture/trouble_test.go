package torture

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/kv"
)

// trouble is a disk that fails for a while in a life, from some write on. What a
// failed write wanted is not there once the store has recovered; a crash before
// that may leave it, like anything that was not acknowledged.
type trouble struct {
	first, last int64 // the writes that fail, counted from 1
	err         error
	writes      atomic.Int64
	on          atomic.Bool // else the disk is well, and nothing is counted
}

// newTrouble is none for most lives. It is off. With a plant that has the disk
// fail it begins at once, and adds nothing.
func newTrouble(dice *rand.Rand, p *plant) *trouble {
	t := &trouble{err: syscall.EIO, first: 1 << 62}
	if p != nil && p.never {
		return &trouble{}
	}
	if dice.IntN(3) > 0 {
		return t
	}
	if dice.IntN(3) == 0 {
		t.err = syscall.ENOSPC
	}
	t.first = 1 + dice.Int64N(200)
	t.last = t.first + dice.Int64N(1<<dice.IntN(7))
	return t
}

// write is the fate of a write or sync.
func (t *trouble) write() error {
	if !t.on.Load() {
		return nil
	}
	if n := t.writes.Add(1); n < t.first || n > t.last {
		return nil
	}
	return t.err
}

// begun tells whether something may have failed.
func (t *trouble) begun() bool { return t.writes.Load() >= t.first }

// recover has the disk be well, and looks whether the store is.
func (w *world) recover() error {
	w.trouble.on.Store(false)
	var err error
	for range 3 {
		b := &kv.Batch{}
		b.Set([]byte("well"), nil)
		if err = w.store.Space("other").Commit(ctx, b); err == nil {
			w.well = w.ticks.Add(1)
			err = w.store.Health().Err
		}
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("%w: no recovery: %w", errBroken, err)
}

// close closes the store. It may tell of the trouble: a table that was written in
// the background can have met it, and tell so only after the recovery.
func (w *world) close() error {
	err := w.store.Close()
	if w.trouble.begun() && errors.Is(err, w.trouble.err) {
		return nil
	}
	return err
}

// forgetful is a disk whose kernel tries each page once: after a sync that has
// failed the next one of that file says that all is well, unless somebody has
// written to it again.
type forgetful struct {
	vfs.FS
	// never says that writing again does not help either, and that every other sync
	// of such a file fails while there is trouble.
	never   bool
	trouble *trouble
	mu      sync.Mutex
	lost    map[string]bool // guarded by mu
	syncs   int             // guarded by mu
}

// Unwrap implements vfs.FS.
func (f *forgetful) Unwrap() vfs.FS { return f.FS }

// OpenReadWrite implements vfs.FS.
func (f *forgetful) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	file, err := f.FS.OpenReadWrite(name, c, o...)
	if err != nil || !strings.Contains(name, "/records/") && !strings.Contains(name, "/ring/") {
		return file, err
	}
	return &forgotten{file, f, name}, nil
}

// ReuseForWrite implements vfs.FS, so that what is done to the file is seen.
func (f *forgetful) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if err := f.Rename(from, to); err != nil {
		return nil, err
	}
	return f.OpenReadWrite(to, c)
}

func (f *forgetful) set(name string, lost bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost[name] = lost || f.never && f.lost[name]
}

// fate tells whether a sync is about to do nothing, or to fail.
func (f *forgetful) fate(name string) (nothing bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.syncs++; f.never && f.trouble.on.Load() && f.syncs%2 == 0 && !f.lost[name] {
		err = syscall.EIO
	}
	return f.lost[name], err
}

type forgotten struct {
	vfs.File
	of   *forgetful
	name string
}

// WriteAt implements vfs.File.
func (f *forgotten) WriteAt(b []byte, off int64) (int, error) {
	f.of.set(f.name, false)
	return f.File.WriteAt(b, off)
}

// Sync implements vfs.File.
func (f *forgotten) Sync() error { return f.sync(f.File.Sync) }

// SyncData implements vfs.File.
func (f *forgotten) SyncData() error { return f.sync(f.File.SyncData) }

func (f *forgotten) sync(sync func() error) error {
	nothing, err := f.of.fate(f.name)
	if nothing {
		return nil
	}
	if err == nil {
		err = sync()
	}
	if err != nil {
		f.of.set(f.name, true)
	}
	return err
}
