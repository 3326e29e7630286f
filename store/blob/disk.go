package blob

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/engine"
)

// perFolder is how many bodies a folder has room for: it is small enough to list.
const perFolder = 4096

// spaceEvery is how many bytes are written between two looks at the free space.
const spaceEvery = 8 << 20

// Options of a store on disk.
type Options struct {
	FS  vfs.FS
	Dir string
	// Durable bodies survive a power failure once they are kept.
	Durable bool
	// ReserveBytes is the free space below which the disk counts as full.
	ReserveBytes uint64
}

// Disk keeps bodies as files. It implements Store.
type Disk struct {
	o    Options
	last atomic.Uint64

	// mu guards the fields below.
	mu      sync.Mutex
	folders map[string]bool // those that exist
	paused  int             // how many checkpoints are under way
	due     []ID            // to be removed when none is
}

// OnDisk opens the folder of a store, which need not exist.
func OnDisk(o Options) (*Disk, error) {
	d := &Disk{o: o, folders: map[string]bool{}}
	folders, err := list(o.FS, o.Dir)
	if err != nil {
		return nil, err
	}
	for _, folder := range folders {
		d.folders[folder] = true
	}
	if n := len(folders); n > 0 {
		ids, err := d.numbers(folders[n-1])
		if err != nil {
			return nil, err
		}
		first, _ := strconv.ParseUint(folders[n-1], 16, 64)
		d.last.Store(first * perFolder)
		if len(ids) > 0 {
			d.last.Store(uint64(ids[len(ids)-1]))
		}
	}
	return d, nil
}

// list lists the names in a folder that look like ours, in order. A folder
// that does not exist is empty.
func list(fs vfs.FS, dir string) (names []string, err error) {
	all, err := fs.List(dir)
	if oserror.IsNotExist(err) {
		return nil, nil
	}
	for _, name := range all {
		if _, ok := numberOf(name); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, err
}

// numbers lists the bodies in a folder.
func (d *Disk) numbers(folder string) (ids []ID, err error) {
	names, err := list(d.o.FS, d.o.FS.PathJoin(d.o.Dir, folder))
	for _, name := range names {
		id, _ := numberOf(name)
		ids = append(ids, id)
	}
	return ids, err
}

func folderOf(id ID) string { return fmt.Sprintf("%013x", uint64(id)/perFolder) }

// next gives out a number whose folder exists.
func (d *Disk) next() (ID, error) {
	id := ID(d.last.Add(1))
	folder := folderOf(id)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.folders[folder] {
		return id, nil
	}
	if err := d.o.FS.MkdirAll(d.o.FS.PathJoin(d.o.Dir, folder), 0o755); err != nil {
		return 0, err
	}
	if d.o.Durable {
		for _, dir := range []string{d.o.Dir, d.o.FS.PathDir(d.o.Dir)} {
			if err := engine.SyncDir(d.o.FS, dir); err != nil {
				return 0, err
			}
		}
	}
	d.folders[folder] = true
	return id, nil
}

// admit looks whether n more bytes fit.
func (d *Disk) admit(n int64) error {
	if d.o.ReserveBytes == 0 {
		return nil
	}
	usage, err := d.o.FS.GetDiskUsage(d.o.FS.PathDir(d.o.Dir))
	if err != nil {
		return nil //nolint:nilerr // who cannot tell finds out by writing
	}
	if usage.AvailBytes < d.o.ReserveBytes+uint64(max(n, 0)) {
		return ErrFull
	}
	return nil
}

// Create implements Store.
func (d *Disk) Create(size int64) (Draft, error) {
	if err := d.admit(size); err != nil {
		return nil, err
	}
	id, err := d.next()
	if err != nil {
		return nil, err
	}
	file, err := d.o.FS.Create(d.path(id), vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, fmt.Errorf("create body %s: %w", id, err)
	}
	return &diskDraft{disk: d, id: id, file: file, looked: max(size, 0)}, nil
}

type diskDraft struct {
	disk    *Disk
	id      ID
	file    vfs.File // nil once it is closed
	kept    bool
	written int64
	looked  int64 // up to here there is space
	sums    sums
}

// Write implements io.Writer.
func (w *diskDraft) Write(p []byte) (int, error) {
	if w.written += int64(len(p)); w.written > w.looked {
		w.looked = w.written + spaceEvery
		if err := w.disk.admit(int64(len(p))); err != nil {
			return 0, err
		}
	}
	w.sums.add(p)
	return w.file.Write(p)
}

// Keep implements Draft.
func (w *diskDraft) Keep() (ID, error) {
	_, err := w.file.Write(w.sums.trailer())
	if err == nil && w.disk.o.Durable {
		err = w.file.Sync()
	}
	if e := w.file.Close(); err == nil {
		err = e
	}
	w.file = nil
	if err == nil && w.disk.o.Durable {
		err = engine.SyncDir(w.disk.o.FS, w.disk.o.FS.PathDir(w.disk.path(w.id)))
	}
	if err != nil {
		return 0, fmt.Errorf("keep body %s: %w", w.id, err)
	}
	w.kept = true
	return w.id, nil
}

// Drop implements Draft. What cannot be removed now is swept later.
func (w *diskDraft) Drop() {
	if w.kept {
		return
	}
	if w.file != nil {
		_ = w.file.Close()
		w.file = nil
	}
	_ = w.disk.o.FS.Remove(w.disk.path(w.id))
}

// Open implements Store.
func (d *Disk) Open(id ID) (Body, error) {
	checked := true
	file, err := d.o.FS.Open(d.path(id))
	if oserror.IsNotExist(err) {
		checked = false
		file, err = d.o.FS.Open(d.olderPath(id))
	}
	if oserror.IsNotExist(err) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	b, err := open(file, info.Size(), checked)
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("open body %s: %w", id, err)
	}
	return b, nil
}

type diskBody struct {
	vfs.File
	size int64
}

// Size implements Body.
func (b diskBody) Size() int64 { return b.size }

// Link implements Store.
func (d *Disk) Link(id ID) (ID, error) {
	to, err := d.next()
	if err != nil {
		return 0, err
	}
	err = vfs.LinkOrCopy(d.o.FS, d.path(id), d.path(to))
	if oserror.IsNotExist(err) {
		err = vfs.LinkOrCopy(d.o.FS, d.olderPath(id), d.olderPath(to))
	}
	if oserror.IsNotExist(err) {
		return 0, ErrNone
	}
	if err == nil && d.o.Durable {
		err = engine.SyncDir(d.o.FS, d.o.FS.PathDir(d.path(to)))
	}
	if err != nil {
		return 0, fmt.Errorf("link body %s: %w", id, err)
	}
	return to, nil
}

// Remove implements Store. While a checkpoint is being made, bodies stay.
func (d *Disk) Remove(ids ...ID) error {
	d.mu.Lock()
	if d.paused > 0 {
		d.due = append(d.due, ids...)
		ids = nil
	}
	d.mu.Unlock()
	return d.unlink(ids)
}

func (d *Disk) unlink(ids []ID) (err error) {
	for _, id := range ids {
		e := d.o.FS.Remove(d.path(id))
		if oserror.IsNotExist(e) {
			e = d.o.FS.Remove(d.olderPath(id))
		}
		if e != nil && !oserror.IsNotExist(e) && err == nil {
			err = e
		}
	}
	return err
}

// Sweep implements Store.
func (d *Disk) Sweep(known func(from, to ID) ([]ID, error)) (s Swept, err error) {
	folders, err := list(d.o.FS, d.o.Dir)
	if err != nil {
		return s, err
	}
	from := ID(0)
	for _, folder := range folders {
		first, _ := strconv.ParseUint(folder, 16, 64)
		at, to := ID(first*perFolder), ID((first+1)*perFolder)
		gone, err := known(from, at) // of folders that are missing
		if err != nil {
			return s, err
		}
		s.Missing = append(s.Missing, gone...)
		named, err := known(at, to)
		if err != nil {
			return s, err
		}
		there, err := d.numbers(folder)
		if err != nil {
			return s, err
		}
		orphans, missing := differ(there, named)
		s.Removed += len(orphans)
		s.Missing = append(s.Missing, missing...)
		if err := d.unlink(orphans); err != nil {
			return s, err
		}
		from = to
	}
	gone, err := known(from, ^ID(0))
	s.Missing = append(s.Missing, gone...)
	return s, err
}

// differ compares two ordered lists.
func differ(there, named []ID) (orphans, missing []ID) {
	for len(there) > 0 || len(named) > 0 {
		switch {
		case len(named) == 0 || len(there) > 0 && there[0] < named[0]:
			orphans, there = append(orphans, there[0]), there[1:]
		case len(there) == 0 || named[0] < there[0]:
			missing, named = append(missing, named[0]), named[1:]
		default:
			there, named = there[1:], named[1:]
		}
	}
	return orphans, missing
}

// Verify reads all bodies to their ends and tells of each.
func (d *Disk) Verify(tell func(id ID, size int64, err error)) error {
	folders, err := list(d.o.FS, d.o.Dir)
	if err != nil {
		return err
	}
	for _, folder := range folders {
		ids, err := d.numbers(folder)
		if err != nil {
			return err
		}
		for _, id := range ids {
			b, err := d.Open(id)
			if err != nil {
				tell(id, 0, err)
				continue
			}
			_, err = io.Copy(io.Discard, io.NewSectionReader(b, 0, b.Size()))
			tell(id, b.Size(), err)
			_ = b.Close()
		}
	}
	return nil
}
