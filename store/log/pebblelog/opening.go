package pebblelog

import (
	"bytes"
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
	fs    vfs.FS
	whole *Whole
	named map[string]map[besideFile]bool // by namespace
}

// besideFile is a payload file, or a ring of stream 0.
type besideFile struct {
	kind         byte
	stream, file uint64
}

// NewOpening is for the database in a folder. The caller closes it.
func NewOpening(fs vfs.FS, dir string) *Opening {
	return &Opening{fs: fs, whole: NewWhole(fs, dir), named: map[string]map[besideFile]bool{}}
}

// Name implements engine.Rows. There may be millions of rows.
func (o *Opening) Name(key, value []byte) {
	at := bytes.IndexByte(key, 0)
	if at < 1 || len(value) == 0 {
		return
	}
	f := besideFile{kind: key[0]}
	switch {
	case key[0] == kindBlock && isPointer(value):
		p, err := parse(kindBlock, key[at+1:])
		ref, refErr := refOf(value)
		if err != nil || refErr != nil {
			return
		}
		f.stream, f.file = p.id.Stream, ref.File
	case key[0] == kindBundle && value[0] == bundleInRing:
		p, err := readPointer(value)
		if err != nil {
			return
		}
		f.file = p.ref.File
	default:
		return
	}
	files := o.named[string(key[1:at])]
	if files == nil {
		files = map[besideFile]bool{}
		o.named[string(key[1:at])] = files
	}
	files[f] = true
}

// paths are the files that rows are in.
func (o *Opening) paths() (all []string) {
	for namespace, files := range o.named {
		for f := range files {
			if f.kind == kindBlock {
				all = append(all, o.whole.filesOf(namespace).Path(f.stream, f.file))
			} else {
				all = append(all, o.whole.ringOf(namespace).Path(f.file))
			}
		}
	}
	return all
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
	for _, path := range o.paths() {
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

// syncFile syncs a file that another process wrote. When that fails the start does,
// and the next one cannot know: the kernel would tell it that all is well. So the
// file is written again, which has its next sync be one.
func syncFile(fs vfs.FS, path string) error {
	info, err := fs.Stat(path)
	if err != nil {
		return err // or it would be made
	}
	f, err := fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	if err = f.SyncData(); err != nil {
		_ = engine.Rewrite(f, 0, info.Size())
	}
	return errors.Join(err, f.Close())
}
