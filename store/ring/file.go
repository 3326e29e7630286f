package ring

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/engine"
)

// file is an open ring file. Pieces are written to it while it is synced.
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
	// doubtful says that a sync has failed: the kernel may have dropped any of
	// what was written and take it for saved.
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
// file takes no more, see ErrBroken; what was written to it before stays.
func (r *Ring) Write(s *Space, n int) error {
	if r.refuses(s.file) {
		return ErrBroken
	}
	if err := s.file.write(s.Bytes[:n], s.Ref(n).Offset); err != nil {
		r.giveUp(s.file)
		return fmt.Errorf("write to the ring: %w", err)
	}
	r.wrote(s, n)
	return nil
}

// Sync makes durable what was written to the file of a space, if that is what the
// ring promises. After an error the file takes no more.
func (r *Ring) Sync(s *Space) error {
	if !r.o.Synced {
		return nil
	}
	if r.refuses(s.file) {
		return ErrBroken
	}
	return r.sync(s.file)
}

// SyncAll makes everything that was written and not given back durable, whatever
// the ring promises: the database is about to make rows durable that name it.
// After an error the file takes no more; the next SyncAll writes what is in it
// anew, out of memory. It takes no lock that is held while somebody waits for the
// database, nor one that a write waits for.
func (r *Ring) SyncAll() error {
	r.mu.Lock()
	f := r.file
	r.mu.Unlock()
	if f == nil {
		return nil
	}
	return r.sync(f)
}

func (r *Ring) sync(f *file) error {
	f.syncing.Lock()
	defer f.syncing.Unlock()
	if err := r.syncNow(f); err != nil {
		f.doubtful = true
		r.giveUp(f)
		return fmt.Errorf("sync the ring: %w", err)
	}
	return nil
}

// syncNow syncs a file and its name. syncing is held.
func (r *Ring) syncNow(f *file) error {
	if f.doubtful {
		if err := r.rewrite(f); err != nil {
			return err
		}
	}
	f.using.RLock()
	defer f.using.RUnlock()
	if f.closed { // nothing in it is wanted
		return nil
	}
	if f.unsaved.Swap(false) {
		if err := f.SyncData(); err != nil {
			return err
		}
	}
	f.doubtful = false
	if f.named {
		return nil
	}
	// Its name, that of the ring's folder, and that of the one which holds it.
	dir := r.o.Dir
	for range 3 {
		if err := engine.SyncDir(r.o.FS, dir); err != nil {
			return err
		}
		dir = r.o.FS.PathDir(dir)
	}
	f.named = true
	return nil
}

// rewrite writes everything that is in a file that was given up again.
func (r *Ring) rewrite(f *file) error {
	type stretch struct {
		b   []byte
		off int64
	}
	var all []stretch
	r.mu.Lock()
	if r.file == f {
		for i, s := range r.segments {
			for _, p := range s.pieces {
				all = append(all, stretch{s.memory[p.off : p.off+p.size], int64(i)*int64(r.o.SegmentBytes) + int64(p.off)})
			}
		}
	}
	r.mu.Unlock()
	for _, s := range all {
		if err := f.write(s.b, s.off); err != nil {
			return err
		}
	}
	return nil
}

// refuses tells whether a file takes no more.
func (r *Ring) refuses(f *file) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.broken || r.file != f
}

// wrote notes what is in the file.
func (r *Ring) wrote(s *Space, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == s.file {
		of := &r.segments[s.at]
		of.pieces = append(of.pieces, piece{s.off, n})
	}
}

// giveUp lets no more into a file that failed.
func (r *Ring) giveUp(f *file) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = r.broken || r.file == f
}
