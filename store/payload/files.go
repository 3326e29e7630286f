package payload

import (
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"
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
}

// Files are the payload files of a namespace. They are safe for concurrent use.
type Files struct {
	o       Options
	handles handles

	// mu guards the fields below. It is taken before that of a folder, and never
	// by who appends.
	mu      sync.Mutex
	folders map[uint64]*Folder // of streams that were written to since the start
	held    int                // how many checkpoints are under way
	due     []string           // to be removed when none is

	finishing finishing
}

// Folder is what is known of a stream's files.
type Folder struct {
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
	folder *Folder
	id     uint64
	path   string

	// Guarded by folder.mu.
	size    int64  // up to here it was given out
	writes  uint64 // how many there were
	pending int    // runs whose outcome is not known
	kept    bool   // rows name something in it
	made    bool   // it may be on the disk
	ended   bool   // no more runs
	queued  bool   // to be finished
	removed bool

	// writing is held for reading by who writes a run, and by who writes all of it
	// again.
	writing sync.RWMutex
	// syncing is held by who syncs it, and guards the fields below.
	syncing sync.Mutex
	synced  uint64 // so many writes
	named   bool   // its name outlives a power failure
	failure error  // of the last sync
}

func (c *file) key() handleKey { return handleKey{c.folder.stream, c.id} }

// Open opens the files of a namespace. It touches no disk.
func Open(o Options) *Files {
	if o.FileBytes == 0 {
		o.FileBytes = fileBytes
	}
	if o.OpenFiles == 0 {
		o.OpenFiles = openFiles
	}
	f := &Files{o: o, folders: map[uint64]*Folder{}}
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

// Folder returns that of a stream, the same one each time, until it is deleted.
// Who appends keeps it.
func (f *Files) Folder(stream uint64) *Folder {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.folders[stream]
	if d == nil {
		d = &Folder{files: f, stream: stream, dir: f.dirOf(stream)}
		f.folders[stream] = d
	}
	return d
}

// list learns which files there are. mu is held.
func (d *Folder) list() error {
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
