package ring

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/engine"
)

// SyncAll makes durable all that was written to the file in use before it was
// called, whatever the ring promises: the database is about to make rows durable
// that name it. It takes no lock that is held while somebody waits for the
// database.
func (r *Ring) SyncAll() error {
	r.mu.Lock()
	f := r.file
	r.mu.Unlock()
	if f == nil {
		return nil
	}
	f.using.Lock()
	defer f.using.Unlock()
	if !f.unsaved {
		return nil
	}
	err := r.harden(f)
	if err != nil && !f.closed {
		f.doubted = true
		r.giveUp(f)
	}
	return err
}

// harden syncs a file, whose using is held. One that was given up is opened
// again, for what was written to it before is in use still, and written again if
// a sync was what failed.
func (r *Ring) harden(f *file) (err error) {
	open := f.File
	if f.closed {
		path := r.Path(f.number)
		if _, err := r.o.FS.Stat(path); oserror.IsNotExist(err) {
			return nil // all of it was given back
		}
		open, err = r.o.FS.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
		if err != nil {
			return fmt.Errorf("open a ring again: %w", err)
		}
		defer func() { err = errors.Join(err, open.Close()) }()
	}
	if f.doubted {
		if err := engine.Rewrite(open, 0, int64(r.Bytes())); err != nil {
			return fmt.Errorf("write a ring again: %w", err)
		}
	}
	if err := open.SyncData(); err != nil {
		f.doubted = true
		return fmt.Errorf("sync the ring: %w", err)
	}
	if !f.named {
		// Its folder, the one that holds it, and the database's.
		dir := r.o.Dir
		for range 3 {
			if err := engine.SyncDir(r.o.FS, dir); err != nil {
				return err
			}
			dir = r.o.FS.PathDir(dir)
		}
	}
	f.unsaved, f.doubted, f.named = false, false, true
	return nil
}
