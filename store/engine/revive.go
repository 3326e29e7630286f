package engine

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// probeBytes is what must fit on the disk before a recovery is tried.
const probeBytes = 1 << 20

// checkEvery is how much is admitted between two looks at the free space.
const checkEvery = 4 << 20

// space watches the free space, so that a full disk is noticed while there
// is still room to trim, delete and close in an orderly way.
type space struct {
	fs      vfs.FS
	dir     string
	reserve uint64
	// since is what was admitted after the last look; low makes every call look.
	since atomic.Int64
	low   atomic.Bool
}

func (s *space) admit(bytes int) error {
	if s.reserve == 0 || (s.since.Add(int64(bytes)) < checkEvery && !s.low.Load()) {
		return nil
	}
	s.since.Store(0)
	err := s.look()
	s.low.Store(err != nil)
	return err
}

// look reports whether the free space has fallen below the reserve.
func (s *space) look() error {
	if s.reserve == 0 {
		return nil
	}
	usage, err := s.fs.GetDiskUsage(s.dir)
	if err != nil {
		return nil // unknown here; the writes themselves will tell
	}
	if usage.AvailBytes < s.reserve {
		return fmt.Errorf("%w: %d bytes are left of %d kept in reserve", ErrFull, usage.AvailBytes, s.reserve)
	}
	return nil
}

// Refusal returns why records are refused at present: a failure, or a disk
// that is as good as full. It is nil when they are not.
func (e *Engine) Refusal() error {
	if err := e.Failure(); err != nil {
		return err
	}
	if refusal := e.refusal.Load(); refusal != nil {
		return *refusal
	}
	return e.space.look()
}

// Admit asks whether about bytes more may be written. After a failure it
// tries to recover first.
func (e *Engine) Admit(bytes int) error {
	if err := e.Ready(); err != nil {
		return err
	}
	return e.space.admit(bytes)
}

// Ready is Admit for changes that must not be refused for lack of space,
// because they free it or are tiny.
func (e *Engine) Ready() error {
	err := e.Failure()
	if err == nil || errors.Is(err, ErrClosed) {
		return err
	}
	if !e.reviving.TryLock() {
		return err
	}
	defer e.reviving.Unlock()
	return e.revive()
}

// revive replaces a failed database by a fresh one over the same folder, in
// the state of the last acknowledged write. When it cannot, the failed one
// goes on serving reads, unless it was closed already.
func (e *Engine) revive() error {
	failure := e.Failure()
	if failure == nil {
		return nil
	}
	err := probe(e.config.FS, e.config.Dir)
	if err == nil {
		err = e.beside.sync() // which opening would need
	}
	if err != nil {
		return classify(fmt.Errorf("%w (still: %w)", failure, err))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	// What waits now, or was begun, was built on what failed.
	e.queue.mu.Lock()
	e.queue.fail(classify(failure))
	e.queue.mu.Unlock()
	if err := cutLog(e.config.FS, e.config.Dir, e.guard.acknowledged()); err != nil {
		return classify(err)
	}
	if e.db != nil {
		e.guard.release()
		e.reclaiming.stop()
		e.durable.forget()
		_ = closeDB(e.db) // its writes go nowhere; nothing to learn from it
		e.db = nil
	}
	if err := keepManifest(e.config.FS, e.config.Dir); err != nil {
		return classify(err)
	}
	// The machine is the same, so nothing is bad. What the logs name was written by
	// this process, or synced when it began.
	l := &look{fs: e.config.FS, dir: e.config.Dir, rows: noRows{}, torn: e.config.Process, logger: e.config.Logger}
	if err := e.open(l); err != nil {
		return classify(err)
	}
	e.beside.tell()
	e.config.Logger.Warn("the store has recovered from a failed write", "error", failure)
	return nil
}

// probe finds out whether the disk takes writes again.
func probe(fs vfs.FS, dir string) error {
	name := fs.PathJoin(dir, "probe.tmp")
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, probeBytes))
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if e := fs.Remove(name); err == nil {
		err = e
	}
	return err
}
