package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/engine"
	"sluice/store/log/pebblelog"
)

// A data folder is given another database by three renames, each of which
// leaves a folder that the next start can make sense of:
//
//	STAGED/pebble     -> pebble.restored   from here on the new one counts
//	pebble            -> pebble.replaced
//	pebble.restored   -> pebble
//
// Open carries on what was cut short. pebble.replaced is kept until
// DropReplaced, so that TakeBack can undo the exchange:
//
//	pebble            -> pebble.refused
//	pebble.replaced   -> pebble            from here on the old one counts
const (
	restoredDir = engineDir + ".restored"
	replacedDir = engineDir + ".replaced"
	refusedDir  = engineDir + ".refused"
)

// Stage makes a data folder out of one that nobody has open and that stays as
// it is: tables are linked, for they never change; the rest is copied. The
// folder to must not exist.
func Stage(fs vfs.FS, from, to string) error {
	source, target := fs.PathJoin(from, engineDir), fs.PathJoin(to, engineDir)
	names, err := fs.List(source)
	if err != nil {
		return err
	}
	if err := fs.MkdirAll(target, 0o755); err != nil {
		return err
	}
	for _, name := range names {
		old, next := fs.PathJoin(source, name), fs.PathJoin(target, name)
		switch {
		case name == lockFile, name == bodiesDir, name == pebblelog.RecordsDir, name == pebblelog.RingDir:
		case strings.HasSuffix(name, ".sst"), strings.HasSuffix(name, ".blob"):
			err = vfs.LinkOrCopy(fs, old, next)
		default:
			err = vfs.Copy(fs, old, next)
		}
		if err != nil {
			return fmt.Errorf("stage %s: %w", name, err)
		}
	}
	if err := linkBodies(fs, source, target); err != nil {
		return fmt.Errorf("stage the bodies: %w", err)
	}
	if err := pebblelog.LinkRecords(fs, source, target, false, nil); err != nil {
		return fmt.Errorf("stage the records: %w", err)
	}
	if err := engine.SyncDir(fs, target); err != nil {
		return err
	}
	if err := vfs.Copy(fs, fs.PathJoin(from, formatFile), fs.PathJoin(to, formatFile)); err != nil {
		return err
	}
	return engine.SyncDir(fs, to)
}

// Exchange gives a data folder the database of another, staged one on the same
// disk. Both must be closed, and must have been open with the same durability
// last. A crash at any moment leaves the old or the new. After an error the
// new one counts if it was decided; TakeBack then brings the old one back.
func Exchange(fs vfs.FS, dir, staged string) (decided bool, err error) {
	f := &folder{fs: fs, dir: dir}
	if err := errors.Join(f.settle(), f.remove(replacedDir)); err != nil {
		return false, err
	}
	if err := fs.Rename(fs.PathJoin(staged, engineDir), f.path(restoredDir)); err != nil {
		return false, err
	}
	if err := engine.SyncDir(fs, dir); err != nil {
		return true, err
	}
	return true, f.settle()
}

// Found makes a new data folder that begins with what fill writes. Cut short,
// it leaves a folder that still counts as new.
func Found(o Options, fill func(*Store) error) error {
	if err := o.fill(); err != nil {
		return err
	}
	f, err := openFolder(o.FS, o.Dir)
	if err != nil {
		return err
	}
	defer f.close()
	was, err := f.read()
	if err == nil && was.format > 0 {
		err = fmt.Errorf("%s is a data folder already", o.Dir)
	}
	if err != nil {
		return err
	}
	const staged = engineDir + engine.NewSuffix // which a start does not mind
	o.Dir = f.path(staged)
	if err := errors.Join(f.remove(engineDir), f.remove(staged)); err != nil {
		return err
	}
	err = f.found(o, fill)
	return errors.Join(err, f.remove(staged))
}

func (f *folder) found(o Options, fill func(*Store) error) error {
	st, err := Open(o)
	if err != nil {
		return err
	}
	if err := errors.Join(fill(st), st.Close()); err != nil {
		return err
	}
	for _, name := range []string{engineDir, formatFile} { // FORMAT makes it one
		if err := f.fs.Rename(f.fs.PathJoin(o.Dir, name), f.path(name)); err != nil {
			return err
		}
		if err := engine.SyncDir(f.fs, f.dir); err != nil {
			return err
		}
	}
	return nil
}

// TakeBack undoes an Exchange that was decided, before DropReplaced. The folder
// must be closed.
func TakeBack(fs vfs.FS, dir string) error {
	f := &folder{fs: fs, dir: dir}
	refused := engineDir
	if f.has(restoredDir) {
		refused = restoredDir // it did not get further than that
	} else if !f.has(replacedDir) {
		return fmt.Errorf("nothing was replaced in %s", dir)
	}
	if err := f.remove(refusedDir); err != nil {
		return err
	}
	if err := f.move(refused, refusedDir); err != nil {
		return err
	}
	return f.settle()
}

// DropReplaced frees what an Exchange has replaced. A nil fs is the machine's.
func DropReplaced(fs vfs.FS, dir string) error {
	if fs == nil {
		fs = vfs.Default
	}
	f := &folder{fs: fs, dir: dir}
	if err := f.remove(refusedDir); err != nil {
		return err
	}
	return f.remove(replacedDir)
}

// settle carries on an exchange, or the undoing of one, that was cut short.
func (f *folder) settle() error {
	switch {
	case f.has(restoredDir):
		if f.has(engineDir) {
			if err := f.remove(replacedDir); err != nil {
				return err
			}
			if err := f.move(engineDir, replacedDir); err != nil {
				return err
			}
		}
		return f.move(restoredDir, engineDir)
	case !f.has(engineDir) && f.has(replacedDir):
		return f.move(replacedDir, engineDir)
	}
	return nil
}

func (f *folder) has(name string) bool {
	_, err := f.fs.Stat(f.path(name))
	return err == nil
}

func (f *folder) move(from, to string) error {
	if err := f.fs.Rename(f.path(from), f.path(to)); err != nil {
		return err
	}
	return engine.SyncDir(f.fs, f.dir)
}

// remove takes a folder away as a whole: a moment's crash must not leave half
// of a database under a name that counts. Of the names here none does.
func (f *folder) remove(name string) error {
	if err := f.fs.RemoveAll(f.path(name)); err != nil && !oserror.IsNotExist(err) {
		return err
	}
	return nil
}
