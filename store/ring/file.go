package ring

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/engine"
)

// file is that of a segment. Pieces are written to it while it is synced.
type file struct {
	vfs.File
	number uint64
	// using is held for reading while the file is written or synced, and guards
	// closed.
	using  sync.RWMutex
	closed bool
	// unsaved says that something was written since the last sync began.
	unsaved atomic.Bool
	// syncing is held by who syncs, so that nobody returns before what a sync
	// under way is about to make durable is. It guards the fields below.
	syncing sync.Mutex
	named   bool // its name outlives a power failure
	// doubtful says that a sync has failed: the kernel may take for saved what
	// it has not.
	doubtful bool
}

// write writes at a place.
func (f *file) write(b []byte, off int64) error {
	f.using.RLock()
	defer f.using.RUnlock()
	if f.closed {
		return ErrBroken
	}
	_, err := f.WriteAt(b, off)
	f.unsaved.Store(true) // after the write: a sync that is under way may not have it
	return err
}

// sync makes durable what was written, and tells whether that is so of the name.
func (f *file) sync(size int) (named bool, err error) {
	f.syncing.Lock()
	defer f.syncing.Unlock()
	if f.doubtful {
		if err := f.rewrite(size); err != nil {
			return false, err
		}
	}
	f.using.RLock()
	defer f.using.RUnlock()
	if f.closed { // nothing in it is wanted
		return true, nil
	}
	if f.unsaved.Swap(false) {
		err = f.SyncData()
	}
	f.doubtful = err != nil
	return f.named, err
}

// hasName notes that the name is durable.
func (f *file) hasName() {
	f.syncing.Lock()
	defer f.syncing.Unlock()
	f.named = true
}

// rewrite has the kernel write everything again.
func (f *file) rewrite(size int) error {
	f.using.Lock() // for it takes back what is written meanwhile
	defer f.using.Unlock()
	if f.closed {
		return nil
	}
	f.unsaved.Store(true)
	return engine.Rewrite(f.File, 0, int64(size))
}

func (f *file) close() error {
	f.using.Lock()
	defer f.using.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	return f.Close()
}

// Write writes the first n bytes of a space to their place. After an error the
// ring takes no more, see ErrBroken; what was written to it before stays.
func (r *Ring) Write(s *Space, n int) error {
	if err := r.refuses(s.segment); err != nil {
		return err
	}
	if err := s.segment.write(s.Bytes[:n], int64(s.off)); err != nil {
		r.giveUp(s.segment, err)
		return fmt.Errorf("write to the ring: %w", err)
	}
	return nil
}

// Sync makes durable what was written to the file of a space, if that is what the
// ring promises. After an error the ring takes no more.
func (r *Ring) Sync(s *Space) error {
	if !r.o.Synced {
		return nil
	}
	if err := r.refuses(s.segment); err != nil {
		return err
	}
	return r.sync(s.segment)
}

// Unsaved tells what was written and not given back, with all also what was given
// back and waits for Reuse, which rows may name that a power failure brings back.
// save makes it durable, whatever the ring promises. After an error the ring takes
// no more, and the next save has everything written again. Neither takes a lock that
// is held while somebody waits for the database, nor one that a write waits for.
func (r *Ring) Unsaved(all bool) (save func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if lost := r.lost; lost != nil {
		return func() error { return lost }
	}
	var wanted []*segment
	for _, s := range r.all {
		if s.state == inUse || all && s.state == spent {
			wanted = append(wanted, s)
		}
	}
	return func() error { return r.sync(wanted...) }
}

// Save makes durable what rows may name, whatever the ring promises, for who is about
// to close it: nobody can do so later. When it fails, Unsaved goes on to say so.
func (r *Ring) Save() error {
	err := r.Unsaved(true)()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost = err
	return err
}

func (r *Ring) sync(segments ...*segment) error {
	var unnamed []*segment
	for _, s := range segments {
		named, err := s.sync(r.o.SegmentBytes)
		if err != nil {
			r.giveUp(s, err)
			return fmt.Errorf("sync the ring: %w", err)
		}
		if !named {
			unnamed = append(unnamed, s)
		}
	}
	if len(unnamed) == 0 {
		return nil
	}
	if err := r.name(); err != nil {
		return fmt.Errorf("sync the folder of the ring: %w", err)
	}
	for _, s := range unnamed {
		s.hasName()
	}
	return nil
}

// name makes names durable: those of the files, that of their folder, and that of
// the one which holds it.
func (r *Ring) name() error {
	dir := r.o.Dir
	for range 3 {
		if err := engine.SyncDir(r.o.FS, dir); err != nil {
			return err
		}
		dir = r.o.FS.PathDir(dir)
	}
	return nil
}

// refuses tells why a segment takes no more, nil if it does.
func (r *Ring) refuses(s *segment) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken || s.failed {
		return fmt.Errorf("%w: %w", ErrBroken, r.cause)
	}
	return nil
}

// giveUp has the ring take no more after a failure, until all was given back.
func (r *Ring) giveUp(s *segment, cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.all, s) || s.failed {
		return
	}
	r.cause = cause
	if r.broken = true; r.live == 0 {
		r.beginAnew()
	}
}
