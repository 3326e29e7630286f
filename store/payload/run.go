package payload

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/engine"
)

// Run is a place in a file that was given to an append: n bytes from an offset
// on. It ends with Keep, once the rows that name it are committed, or with Drop.
type Run struct {
	file   *file
	offset uint32
	length int
	done   bool   // guarded by folder.mu
	write  uint64 // which of the file's writes it was
}

// Reserve gives out the next n bytes of a stream's newest file, or of a new one.
// bucket is the last of the blocks that will be in it.
func (d *Folder) Reserve(r *Run, bucket uint32, n int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.deleted {
		return ErrGone
	}
	if err := d.list(); err != nil {
		return fmt.Errorf("list %s: %w", d.dir, err)
	}
	c := d.current
	if c != nil && (c.size > 0 && c.size+int64(n) > d.files.o.FileBytes || uint32(c.id>>32) < bucket) {
		c.end()
		c = nil
	}
	if c == nil {
		d.number++
		id := fileOf(bucket, d.number)
		c = &file{folder: d, id: id, path: d.files.o.FS.PathJoin(d.dir, nameOf(id))}
		d.current, d.there, d.begun = c, append(d.there, id), append(d.begun, c)
	}
	*r = Run{file: c, offset: uint32(c.size), length: n}
	c.size += int64(n)
	c.pending++
	return nil
}

// Shrink gives back what is behind the first n bytes of a run of which the size
// was not known before, if nobody was given what follows.
func (r *Run) Shrink(n int) {
	c := r.file
	c.folder.mu.Lock()
	defer c.folder.mu.Unlock()
	if c.size == int64(r.offset)+int64(r.length) {
		c.size = int64(r.offset) + int64(n)
	}
	r.length = n
}

// Ref is that of a block which begins at an offset of the run.
func (r *Run) Ref(at int, block []byte) Ref {
	return Ref{
		File: r.file.id, Offset: r.offset + uint32(at), Length: uint32(len(block)),
		Sum: crcOf(block),
	}
}

// Write hands the kernel the bytes of the run, of which the last may be left
// out. After an error nothing of it may be named; the file is given up, and the
// runs that follow go to a new one.
func (r *Run) Write(b []byte) error {
	err := r.put(b)
	c := r.file
	c.folder.mu.Lock()
	defer c.folder.mu.Unlock()
	if err != nil {
		c.end()
		return fmt.Errorf("write %s: %w", c.path, err)
	}
	c.writes++
	r.write = c.writes
	return nil
}

func (r *Run) put(b []byte) error {
	c := r.file
	if err := c.make(); err != nil {
		return err
	}
	files := c.folder.files
	h, err := files.handles.take(c.key(), c.where, true)
	if err != nil {
		return err
	}
	c.writing.RLock()
	_, err = h.file.WriteAt(b, int64(r.offset))
	c.writing.RUnlock()
	_ = files.handles.put(h)
	return err
}

func (c *file) where() string { return c.path }

// make makes the folder, and notes that the file is being made.
func (c *file) make() error {
	d := c.folder
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.removed {
		return ErrGone
	}
	c.made = true
	if d.made {
		return nil
	}
	if err := d.files.o.FS.MkdirAll(d.dir, 0o755); err != nil {
		return err
	}
	d.made = true
	return nil
}

// Keep says that rows name the run.
func (r *Run) Keep() { r.settle(true) }

// Drop says that nothing will ever name the run, written or not. A file of which
// that holds for all runs is removed. After Keep it does nothing.
func (r *Run) Drop() { r.settle(false) }

func (r *Run) settle(keep bool) {
	c := r.file
	if c == nil {
		return
	}
	c.folder.mu.Lock()
	defer c.folder.mu.Unlock()
	if r.done {
		return
	}
	r.done = true
	c.kept = c.kept || keep
	c.pending--
	c.finish()
}

// end lets no more runs into the file. folder.mu is held.
func (c *file) end() {
	if c.ended {
		return
	}
	c.ended = true
	if c.folder.current == c {
		c.folder.current = nil
	}
	c.finish()
}

// Sync makes a run that was written durable, if that is what the files promise.
// Those written to the same file before are durable with it. After an error the
// file takes no more.
func (r *Run) Sync() error {
	if !r.file.folder.files.o.Durable {
		return nil
	}
	return r.file.sync(r.write)
}

// sync makes the first writes to the file durable, or more of them.
func (c *file) sync(upTo uint64) error {
	c.syncing.Lock()
	defer c.syncing.Unlock()
	if c.synced >= upTo {
		return nil
	}
	c.folder.mu.Lock()
	writes, removed := c.writes, c.removed
	c.folder.mu.Unlock()
	if removed { // and must not be made again
		return ErrGone
	}
	if c.failure = c.syncNow(); c.failure != nil {
		c.folder.mu.Lock()
		defer c.folder.mu.Unlock()
		c.end()
		return fmt.Errorf("sync %s: %w", c.path, c.failure)
	}
	c.synced, c.named = writes, true
	return nil
}

// syncNow syncs the file, its name, and the names of the folders. syncing is held.
func (c *file) syncNow() error {
	d := c.folder
	h, err := d.files.handles.take(c.key(), c.where, true)
	if err != nil {
		return err
	}
	defer func() { _ = d.files.handles.put(h) }()
	if c.failure != nil {
		if err := c.rewrite(h.file); err != nil {
			return err
		}
	}
	if err := h.file.SyncData(); err != nil || c.named {
		return err
	}
	return d.syncNames()
}

// rewrite writes the file again after a sync has failed. It takes no more runs.
func (c *file) rewrite(f vfs.File) error {
	c.folder.mu.Lock()
	size := c.size
	c.folder.mu.Unlock()
	c.writing.Lock() // or what is being written would be written over
	defer c.writing.Unlock()
	return engine.Rewrite(f, 0, size)
}

// syncNames syncs the names of the files, and that of the folder.
func (d *Folder) syncNames() error {
	fs := d.files.o.FS
	if err := engine.SyncDir(fs, d.dir); err != nil {
		return err
	}
	d.mu.Lock()
	named := d.named
	d.mu.Unlock()
	if named {
		return nil
	}
	// The namespace's folder, the one that holds it, and the database's.
	dir := d.files.o.Dir
	for range 3 {
		if err := engine.SyncDir(fs, dir); err != nil {
			return err
		}
		dir = fs.PathDir(dir)
	}
	d.mu.Lock()
	d.named = true
	d.mu.Unlock()
	return nil
}
