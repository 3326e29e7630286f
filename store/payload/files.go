package payload

import (
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/engine"
)

// fileBytes is the size at which a file is full. Trimming is by file, and so is
// what a start has to look through after a power failure.
const fileBytes = 64 << 20

// openFiles bounds the files that are kept open.
const openFiles = 64

// Options of the files of a namespace.
type Options struct {
	FS vfs.FS
	// Dir is the folder of the namespace, which need not exist.
	Dir string
	// Durable makes Run.Sync do what it says; without, what the kernel has is enough.
	Durable bool
	// FileBytes is the size at which a file is full (default 64 MiB), and
	// OpenFiles how many are kept open (default 64).
	FileBytes int64
	OpenFiles int
	// Synced is told that all blocks in the first so many bytes of a file, which
	// takes no more, are on the disk. It is called without locks held.
	Synced func(stream, file uint64, size int64)
}

// Files are the payload files of a namespace. They are safe for concurrent use.
type Files struct {
	o       Options
	handles handles

	// mu guards the fields below. It is taken before that of a folder.
	mu      sync.Mutex
	folders map[uint64]*folder // of streams that were written to since the start
	held    int                // how many checkpoints are under way
	due     []string           // to be removed when none is
	closed  bool

	finishing finishing
}

// folder is what is known of a stream's files.
type folder struct {
	files  *Files
	stream uint64
	dir    string

	// mu guards the fields below and those of the files.
	mu      sync.Mutex
	listed  bool     // there and number are known
	there   []uint64 // files of this process and of those before
	number  uint32   // the highest that was given out
	before  uint32   // the highest of the processes before
	current *file    // nil: the next run begins one
	begun   []*file  // current, and those that are not synced yet
	made    bool     // the folder exists
	named   bool     // and outlives a power failure
	deleted bool
}

// file is one that was begun by this process.
type file struct {
	folder *folder
	id     uint64
	path   string

	// Guarded by folder.mu.
	size    int64 // up to here it was given out
	written int64 // up to here, if no run is pending, it was written
	pending int   // runs that were neither written nor dropped
	ended   bool  // no more runs
	failed  bool  // a sync failed: it is not trusted
	removed bool

	// syncing is held by who syncs it, and guards the fields below.
	syncing sync.Mutex
	synced  int64
	named   bool // its name outlives a power failure
}

// Open opens the files of a namespace. It touches no disk.
func Open(o Options) *Files {
	if o.FileBytes == 0 {
		o.FileBytes = fileBytes
	}
	if o.OpenFiles == 0 {
		o.OpenFiles = openFiles
	}
	if o.Synced == nil {
		o.Synced = func(uint64, uint64, int64) {}
	}
	f := &Files{o: o, folders: map[uint64]*folder{}}
	f.handles.init(o.FS, o.OpenFiles)
	return f
}

func (f *Files) dirOf(stream uint64) string { return Dir(f.o.FS, f.o.Dir, stream) }

// Dir is where the files of a stream are in the folder of its namespace.
func Dir(fs vfs.FS, dir string, stream uint64) string {
	return fs.PathJoin(dir, strconv.FormatUint(stream, 10))
}

// Path is where a file of a stream is.
func (f *Files) Path(stream, file uint64) string {
	return f.o.FS.PathJoin(f.dirOf(stream), nameOf(file))
}

func nameOf(file uint64) string { return fmt.Sprintf("%016x", file) }

// folder returns that of a stream.
func (f *Files) folder(stream uint64) *folder {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.folders[stream]
	if d == nil {
		d = &folder{files: f, stream: stream, dir: f.dirOf(stream)}
		f.folders[stream] = d
	}
	return d
}

// list learns which files there are. mu is held.
func (d *folder) list() error {
	if d.listed {
		return nil
	}
	there, err := listFiles(d.files.o.FS, d.dir)
	if err != nil {
		return err
	}
	for _, id := range there {
		d.number = max(d.number, uint32(id))
	}
	d.before, d.there, d.listed, d.made = d.number, there, true, len(there) > 0
	return nil
}

// listFiles lists the files in a folder, in order. One that does not exist has none.
func listFiles(fs vfs.FS, dir string) (ids []uint64, err error) {
	names, err := fs.List(dir)
	if oserror.IsNotExist(err) {
		return nil, nil
	}
	for _, name := range names {
		if id, err := strconv.ParseUint(name, 16, 64); err == nil && name == nameOf(id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, err
}

// Run is a place in a file that was given to an append: n bytes from an offset on.
// Exactly one of Write and Drop ends its first phase; Drop after that does nothing.
type Run struct {
	file   *file
	offset uint32
	length int
	done   bool // guarded by folder.mu
}

// Reserve gives out the next n bytes of a stream's newest file, or of a new one.
// bucket is the last of the blocks that will be in it. Reserve and the
// submission of the rows must be in the same order for all runs of a stream.
func (f *Files) Reserve(stream uint64, bucket uint32, n int) (*Run, error) {
	d := f.folder(stream)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.deleted {
		return nil, ErrGone
	}
	if err := d.list(); err != nil {
		return nil, fmt.Errorf("list %s: %w", d.dir, err)
	}
	c := d.current
	if c != nil && (c.size > 0 && c.size+int64(n) > f.o.FileBytes || uint32(c.id>>32) < bucket) {
		c.end()
		c = nil
	}
	if c == nil {
		d.number++
		id := fileOf(bucket, d.number)
		c = &file{folder: d, id: id, path: f.o.FS.PathJoin(d.dir, nameOf(id))}
		d.current, d.there, d.begun = c, append(d.there, id), append(d.begun, c)
	}
	r := &Run{file: c, offset: uint32(c.size), length: n}
	c.size += int64(n)
	c.pending++
	return r, nil
}

// Ref is that of a block which begins at an offset of the run.
func (r *Run) Ref(at int, block []byte) Ref {
	return Ref{
		File: r.file.id, Offset: r.offset + uint32(at), Length: uint32(len(block)),
		Sum: crcOf(block),
	}
}

// Write hands the kernel the bytes of the run. After an error nothing of it
// may be named; the file is given up, and the runs that follow go to a new one.
func (r *Run) Write(b []byte) error {
	err := r.write(b)
	r.settle(err == nil, err != nil)
	if err != nil {
		return fmt.Errorf("write %s: %w", r.file.path, err)
	}
	return nil
}

func (r *Run) write(b []byte) error {
	c := r.file
	if err := c.make(); err != nil {
		return err
	}
	h, err := c.folder.files.handles.take(c.folder.stream, c.id, c.path, true)
	if err != nil {
		return err
	}
	defer c.folder.files.handles.put(h)
	_, err = h.file.WriteAt(b[:r.length], int64(r.offset))
	return err
}

// make makes the folder.
func (c *file) make() error {
	d := c.folder
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.removed {
		return ErrGone
	}
	if d.made {
		return nil
	}
	if err := d.files.o.FS.MkdirAll(d.dir, 0o755); err != nil {
		return err
	}
	d.made = true
	return nil
}

// Drop gives up a run that was not written.
func (r *Run) Drop() { r.settle(false, false) }

// settle ends the first phase of a run.
func (r *Run) settle(written, end bool) {
	c := r.file
	d := c.folder
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.done {
		return
	}
	r.done = true
	if written {
		c.written = max(c.written, int64(r.offset)+int64(r.length))
	}
	c.pending--
	if end {
		c.end()
	}
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
// file is given up.
func (r *Run) Sync() error {
	if !r.file.folder.files.o.Durable {
		return nil
	}
	return r.file.sync(int64(r.offset) + int64(r.length))
}

// sync makes the file durable up to an offset.
func (c *file) sync(upTo int64) error {
	c.syncing.Lock()
	defer c.syncing.Unlock()
	if c.synced >= upTo && c.named {
		return nil
	}
	c.folder.mu.Lock()
	written, failed, removed := c.written, c.failed, c.removed
	c.folder.mu.Unlock()
	err := errFailed
	switch {
	case removed: // and must not be made again
		return ErrGone
	case !failed:
		err = c.syncNow()
	}
	if err != nil {
		c.folder.mu.Lock()
		defer c.folder.mu.Unlock()
		c.failed = true
		c.end()
		return fmt.Errorf("sync %s: %w", c.path, err)
	}
	c.synced, c.named = max(c.synced, written), true
	return nil
}

// syncNow syncs the file, its name, and the names of the folders. syncing is held.
func (c *file) syncNow() error {
	d := c.folder
	h, err := d.files.handles.take(d.stream, c.id, c.path, true)
	if err != nil {
		return err
	}
	err = h.file.SyncData()
	d.files.handles.put(h)
	if err != nil || c.named {
		return err
	}
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
