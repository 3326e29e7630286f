package pebblelog

import (
	"errors"
	"fmt"
	"os"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/engine"
	"sluice/store/payload"
)

// Opening tells the engine, while it opens a database that was not closed in
// order, what rows of logs point to (engine.Rows).
type Opening struct {
	fs     vfs.FS
	dir    string
	whole  *Whole
	block  []byte
	named  map[string]bool // files that rows are in
	synced []string        // folders
}

// NewOpening is for the database in a folder. The caller closes it.
func NewOpening(fs vfs.FS, dir string) *Opening {
	return &Opening{fs: fs, dir: dir, whole: NewWhole(fs, dir), named: map[string]bool{}}
}

// Name implements engine.Rows.
func (o *Opening) Name(key, value []byte) {
	if spot, ok := o.whole.Where(key, value); ok {
		o.named[spot.Path] = true
	}
}

// Intact implements engine.Rows. What is not what it should be, the others find.
func (o *Opening) Intact(key, value []byte) (bool, error) {
	if _, ok := o.whole.Where(key, value); !ok {
		return true, nil
	}
	_, _, err := o.whole.Row(key, value)
	if engine.IsDamage(err) || errors.Is(err, payload.ErrGone) {
		return false, nil
	}
	return err == nil, err
}

// Sync implements engine.Rows. Files that are not there are those of rows that
// are bad or were removed.
func (o *Opening) Sync() error {
	dirs := map[string]bool{}
	for path := range o.named {
		err := syncFile(o.fs, path)
		if oserror.IsNotExist(err) || os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("sync %s: %w", path, err)
		}
		// Its folder, that of the namespace, the one that holds those, and the
		// database's.
		dir := path
		for range 4 {
			dir = o.fs.PathDir(dir)
			dirs[dir] = true
		}
	}
	for dir := range dirs {
		if err := engine.SyncDir(o.fs, dir); err != nil && !oserror.IsNotExist(err) {
			return err
		}
	}
	return nil
}

// Close closes what was opened.
func (o *Opening) Close() error { return o.whole.Close() }

// syncFile syncs a file that somebody else wrote.
func syncFile(fs vfs.FS, path string) error {
	if _, err := fs.Stat(path); err != nil {
		return err // or it would be made
	}
	f, err := fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	return errors.Join(f.SyncData(), f.Close())
}
