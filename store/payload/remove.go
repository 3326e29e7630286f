package payload

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/engine"
)

// Old tells whether a stream has files whose blocks are all of buckets below
// limit.
func (d *Folder) Old(limit uint32) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.list(); err != nil {
		return false, fmt.Errorf("list %s: %w", d.dir, err)
	}
	return slices.ContainsFunc(d.there, func(id uint64) bool { return id < First(limit) }), nil
}

// Trim removes the files of a stream whose blocks are all of buckets below
// limit. Their rows must be gone, so that no power failure brings them back. What
// cannot be removed is tried again by the next Trim.
func (d *Folder) Trim(limit uint32) error {
	d.mu.Lock()
	err := d.list()
	var old []uint64
	for _, id := range d.there {
		if id < First(limit) {
			old = append(old, id)
		}
	}
	gone := d.give(limit)
	d.mu.Unlock()
	await(gone)
	f := d.files
	removed := map[uint64]bool{}
	for _, id := range old {
		if e := f.remove([]string{f.o.FS.PathJoin(d.dir, nameOf(id))}); e != nil {
			err = errors.Join(err, e)
			continue
		}
		removed[id] = true
	}
	f.handles.forget(func(k handleKey) bool { return k.stream == d.stream && k.file < First(limit) })
	d.mu.Lock()
	defer d.mu.Unlock()
	d.there = slices.DeleteFunc(d.there, func(id uint64) bool { return removed[id] })
	return err
}

// Delete removes everything of a stream. The same holds for its rows.
func (d *Folder) Delete() error {
	d.mu.Lock()
	d.deleted = true
	gone := d.give(^uint32(0))
	d.mu.Unlock()
	await(gone)
	f := d.files
	err := f.remove([]string{d.dir})
	f.handles.forget(func(k handleKey) bool { return k.stream == d.stream })
	d.Forget()
	return err
}

// Forget lets go of a folder that has nothing in it and never will: ids are not
// used twice.
func (d *Folder) Forget() {
	d.files.mu.Lock()
	defer d.files.mu.Unlock()
	delete(d.files.folders, d.stream)
}

// give gives up the files of this process below a bucket. mu is held.
func (d *Folder) give(limit uint32) (gone []*file) {
	for _, c := range slices.Clone(d.begun) {
		if c.id < First(limit) {
			c.removed = true
			c.end()
			gone = append(gone, c)
		}
	}
	return gone
}

// await waits for syncs of files under way, which would make them again.
func await(gone []*file) {
	for _, c := range gone {
		c.rest()
	}
}

// rest returns once no sync is under way; who syncs next finds that the file is gone.
func (c *file) rest() {
	c.syncing.Lock()
	defer c.syncing.Unlock()
}

// remove removes files and folders, when no checkpoint is under way. Who has one
// open keeps its space until it is closed.
func (f *Files) remove(paths []string) (err error) {
	f.mu.Lock()
	if f.held > 0 {
		f.due, paths = append(f.due, paths...), nil
	}
	f.mu.Unlock()
	for _, path := range paths {
		if e := f.o.FS.RemoveAll(path); e != nil && !oserror.IsNotExist(e) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// Hold keeps every file that exists from now on until release is called, so
// that a checkpoint of the rows can be made first and the files be linked after it.
func (f *Files) Hold() (release func() error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held++
	return func() error {
		f.mu.Lock()
		var due []string
		if f.held--; f.held == 0 {
			due, f.due = f.due, nil
		}
		f.mu.Unlock()
		return f.remove(due)
	}
}

// Cut ends the newest file of every stream and tells which files there are: of
// streams that were not used since the start all, of others those up to a number.
func (f *Files) Cut() (takes func(stream, file uint64) bool) {
	f.Roll()
	f.mu.Lock()
	defer f.mu.Unlock()
	numbers := make(map[uint64]uint32, len(f.folders))
	for stream, d := range f.folders {
		d.mu.Lock()
		if d.listed {
			numbers[stream] = d.number
		}
		d.mu.Unlock()
	}
	return func(stream, file uint64) bool {
		number, used := numbers[stream]
		if !used {
			number, used = f.before(stream)
		}
		return !used || uint32(file) <= number
	}
}

// before is the highest number that a process before this one gave out, if the
// stream is in use.
func (f *Files) before(stream uint64) (number uint32, used bool) {
	f.mu.Lock()
	d := f.folders[stream]
	f.mu.Unlock()
	if d == nil {
		return 0, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.before, d.listed
}

// Each calls f for all files in the folder of a namespace, in order of streams
// as they are listed.
func Each(fs vfs.FS, dir string, f func(stream, file uint64, path string) error) error {
	names, err := fs.List(dir)
	if oserror.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		stream, err := strconv.ParseUint(name, 10, 64)
		if err != nil {
			continue
		}
		ids, err := listFiles(fs, fs.PathJoin(dir, name))
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := f(stream, id, fs.PathJoin(dir, name, nameOf(id))); err != nil {
				return err
			}
		}
	}
	return nil
}

// LinkAll gives another folder, which exists, the files of a namespace that take
// says, durably. When sync is set they are synced before, for the kernel may
// still have a part of them.
func LinkAll(fs vfs.FS, from, to string, sync bool, take func(stream, file uint64) bool) error {
	var dirs []string
	err := Each(fs, from, func(stream, file uint64, path string) error {
		if !take(stream, file) {
			return nil
		}
		dir := fs.PathJoin(to, strconv.FormatUint(stream, 10))
		if len(dirs) == 0 || dirs[len(dirs)-1] != dir {
			if err := fs.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			dirs = append(dirs, dir)
		}
		if sync {
			if err := syncFile(fs, path); err != nil {
				return err
			}
		}
		return vfs.LinkOrCopy(fs, path, fs.PathJoin(dir, nameOf(file)))
	})
	if err != nil {
		return err
	}
	for _, dir := range append(dirs, to) { // after all links, so that one write of the journal has them
		if err := engine.SyncDir(fs, dir); err != nil {
			return err
		}
	}
	return nil
}
