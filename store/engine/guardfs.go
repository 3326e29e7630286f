package engine

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// guard is the file system between Pebble and the machine. It does two things.
//
// For durability "process" it lets a sync of the write-ahead log return as
// soon as write(2) has handed the bytes to the kernel: that is all that has to
// happen for them to outlive a kill -9. The log is really synced when it is
// closed, so that only the newest one can be torn by a power failure, and all
// other files are always really synced.
//
// And it keeps Pebble from ending the process. Pebble treats a failed write of
// its log or manifest as fatal, with locks held. The guard never lets it see
// one: the first error is remembered, and from then on every change is
// swallowed, as if the process had been killed at that moment as far as the
// disk can tell. The engine then refuses writes, serves reads from what is
// still there, and recovers by closing this Pebble and opening the folder
// again, the way it would after a crash.
type guard struct {
	vfs.FS
	process bool
	lazy    bool   // no syncs at all: the files are synced when all are there
	dir     string // of the database; its logs are the guard's
	// look sees the logs that are read while Pebble opens; nil when there is no
	// need. beside syncs what tables may point to; nil when they do not.
	look   *look
	beside func() error

	// mu guards the fields below.
	mu  sync.Mutex
	err error // the first failure, nil while all is well
	// failed is closed with the first failure.
	failed chan struct{}
	wal    *guardFile
	mark   mark
	// flying says that a commit is under way, flights counts them, and landed is
	// told when one ends, when one waits for memory, and of the first failure.
	flying  bool
	flights uint64
	landed  sync.Cond
	// hold is closed when Pebble is about to be closed. Until then writers of
	// tables wait after a failure, so that what they would have written stays
	// in memory and readable. While Pebble opens they are not held, or it
	// would never come back.
	hold chan struct{}
	open bool
	// room is closed when a commit waits for memory that only a held writer of
	// tables can give: then the writer goes on, swallowed like everything, so
	// that the commit comes back and is refused. Reads may miss what was in
	// that memory until the folder is opened anew.
	room     chan struct{}
	stalling bool // a commit waits
	gaveWay  bool // room is closed
}

// mark is a place in the write-ahead log: all before it was acknowledged, all
// behind it was not.
type mark struct {
	path string
	size int64
}

func newGuard(base vfs.FS, process bool) *guard {
	g := &guard{FS: base, process: process, failed: make(chan struct{}), hold: make(chan struct{}), room: make(chan struct{})}
	g.landed.L = &g.mu
	return g
}

// failure returns the error that ended this guard's trust in the disk.
func (g *guard) failure() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

// fail remembers the first failure.
func (g *guard) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		g.err = err
		close(g.failed)
		g.landed.Broadcast()
	}
	g.giveWay()
}

// stall notes whether a commit waits for memory.
func (g *guard) stall(waits bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stalling = waits
	g.landed.Broadcast()
	g.giveWay()
}

// giveWay makes room when that is all a commit can hope for. mu is held.
func (g *guard) giveWay() {
	if g.stalling && g.err != nil && !g.gaveWay {
		g.gaveWay = true
		close(g.room)
	}
}

// acknowledge says that all that was written to the log so far is durable.
// It fails when the guard did, even if only just.
func (g *guard) acknowledge() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.flying = false
	g.landed.Broadcast()
	if g.err == nil && g.wal != nil {
		g.mark = mark{path: g.wal.path, size: g.wal.size}
	}
	return g.err
}

// acknowledged returns the last place that was acknowledged.
func (g *guard) acknowledged() mark {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.mark
}

// release lets writers of tables that were held go on, before a close.
func (g *guard) release() { close(g.hold) }

// opened ends the opening phase, in which nobody is held.
func (g *guard) opened() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = true
}

func (g *guard) isOpen() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}

// wait holds a writer of tables after a failure until Pebble is being closed.
func (g *guard) wait() {
	if g.isOpen() {
		select {
		case <-g.hold:
		case <-g.room:
		}
	}
}

// kind tells the files apart by how the guard treats them.
type kind int

const (
	metaFile  kind = iota // manifest, markers, options, folders
	walFile               // the write-ahead log
	tableFile             // tables and blob files
)

func kindOf(name string) kind {
	switch {
	case strings.HasSuffix(name, ".log"):
		return walFile
	case strings.HasSuffix(name, ".sst"), strings.HasSuffix(name, ".blob"):
		return tableFile
	}
	return metaFile
}

// kindOf is that of a file of this database. What a checkpoint copies is no such:
// its log is not the one that is written to, nothing is in its tables that is to
// stay in memory, and who writes them must not wait for a recovery that waits for
// the checkpoint.
func (g *guard) kindOf(name string) kind {
	if g.PathDir(name) != g.dir {
		return metaFile
	}
	return kindOf(name)
}

// create runs f, which makes a file for writing.
func (g *guard) create(name string, f func() (vfs.File, error)) (vfs.File, error) {
	k := g.kindOf(name)
	if g.failure() == nil {
		file, err := g.inOrder(name, f)
		if err == nil {
			return g.wrap(file, name, k), nil
		}
		g.fail(fmt.Errorf("create %s: %w", name, err))
	}
	if k == tableFile {
		g.wait()
	}
	return g.wrap(vfs.NewMemFile(nil), name, k), nil
}

// inOrder runs f, which makes a file, and sees to it that a marker does not
// become durable before the file it names. Pebble syncs a new manifest and
// then makes the marker that points to it, but syncs the folder that holds
// both names only once: a power failure in between may keep either name.
func (g *guard) inOrder(name string, f func() (vfs.File, error)) (vfs.File, error) {
	if !g.lazy && strings.HasPrefix(g.PathBase(name), "marker.") {
		if err := SyncDir(g.FS, g.PathDir(name)); err != nil {
			return nil, err
		}
	}
	return f()
}

func (g *guard) wrap(file vfs.File, name string, k kind) vfs.File {
	gf := &guardFile{File: file, guard: g, path: name, kind: k}
	if k == walFile {
		g.mu.Lock()
		if g.err == nil {
			g.wal = gf
		}
		g.mu.Unlock()
	}
	return gf
}

// change runs f, which changes a folder, unless the guard has failed.
func (g *guard) change(what string, f func() error) error {
	if g.failure() != nil {
		return nil
	}
	if err := f(); err != nil {
		g.fail(fmt.Errorf("%s: %w", what, err))
	}
	return nil
}

// Create implements vfs.FS.
func (g *guard) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := g.create(name, func() (vfs.File, error) { return g.FS.Create(name, c) })
	if f, ok := f.(*guardFile); ok {
		f.known = c == compactionCategory
	}
	return f, err
}

// compactionCategory is Pebble's name for what is written of other tables.
const compactionCategory = "pebble-compaction"

// Open implements vfs.FS.
func (g *guard) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	f := func() (vfs.File, error) { return g.FS.Open(name, o...) }
	if g.look == nil || kindOf(name) != walFile || g.isOpen() {
		return f()
	}
	return g.look.open(name, f)
}

// OpenReadWrite implements vfs.FS.
func (g *guard) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	return g.create(name, func() (vfs.File, error) { return g.FS.OpenReadWrite(name, c, o...) })
}

// ReuseForWrite implements vfs.FS.
func (g *guard) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return g.create(to, func() (vfs.File, error) { return g.FS.ReuseForWrite(from, to, c) })
}

// OpenDir implements vfs.FS.
func (g *guard) OpenDir(name string) (vfs.File, error) {
	f, err := g.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &guardFile{File: f, guard: g, path: name, kind: metaFile}, nil
}

// Rename implements vfs.FS.
func (g *guard) Rename(from, to string) error {
	return g.change("rename "+from, func() error { return g.FS.Rename(from, to) })
}

// Remove implements vfs.FS. A file that could not be removed is no reason to
// distrust the disk; Pebble tries again at the next start.
func (g *guard) Remove(name string) error {
	if g.failure() != nil {
		return nil
	}
	return g.FS.Remove(name)
}

// RemoveAll implements vfs.FS.
func (g *guard) RemoveAll(name string) error {
	if g.failure() != nil {
		return nil
	}
	return g.FS.RemoveAll(name)
}

// Unwrap implements vfs.FS.
func (g *guard) Unwrap() vfs.FS { return g.FS }

// guardFile is a file opened for writing, or a folder opened for syncing.
type guardFile struct {
	vfs.File
	guard *guard
	path  string
	kind  kind
	size  int64 // written so far; guarded by guard.mu
	// closing is held while the file is closed, and for reading by who syncs it
	// behind its writer's back. Guards closed.
	closing sync.RWMutex
	closed  bool
	// ahead is what was written to a table and has not been handed to the kernel:
	// Pebble writes tables of small values in pieces of 4 KiB, which took twice as
	// long. Only their writer, one goroutine at a time, uses it.
	ahead []byte
	// known says that a table's rows were in others before.
	known bool
}

// aheadBytes is how much of a table gathers for one write.
const aheadBytes = 128 << 10

// run runs a write operation of the file under the rules of the guard.
func (f *guardFile) run(what string, op func() error) {
	if f.guard.failure() == nil {
		err := op()
		if err == nil {
			return
		}
		f.guard.fail(fmt.Errorf("%s %s: %w", what, f.path, err))
	}
	if f.kind == tableFile {
		f.guard.wait()
	}
}

// Write implements vfs.File.
func (f *guardFile) Write(p []byte) (int, error) {
	if f.kind != tableFile {
		return f.write(p)
	}
	if len(f.ahead)+len(p) > aheadBytes || len(p) > aheadBytes/2 {
		f.flush()
	}
	if len(p) > aheadBytes/2 {
		return f.write(p)
	}
	if f.ahead == nil {
		f.ahead = make([]byte, 0, aheadBytes)
	}
	f.ahead = append(f.ahead, p...)
	return len(p), nil
}

// flush hands the kernel what has gathered.
func (f *guardFile) flush() {
	if len(f.ahead) > 0 {
		_, _ = f.write(f.ahead) // never fails
		f.ahead = f.ahead[:0]
	}
}

func (f *guardFile) write(p []byte) (int, error) {
	n := len(p)
	f.run("write", func() error {
		written, err := f.File.Write(p)
		f.guard.mu.Lock()
		f.size += int64(written)
		f.guard.mu.Unlock()
		return err
	})
	return n, nil
}

// WriteAt implements vfs.File.
func (f *guardFile) WriteAt(p []byte, off int64) (int, error) {
	n := len(p)
	f.run("write", func() error {
		_, err := f.File.WriteAt(p, off)
		return err
	})
	return n, nil
}

// kernelIsEnough reports whether a sync of this file is done when write(2) is.
func (f *guardFile) kernelIsEnough() bool {
	return f.guard.lazy || (f.guard.process && f.kind == walFile)
}

// Sync implements vfs.File.
func (f *guardFile) Sync() error {
	f.flush()
	if f.kernelIsEnough() {
		return nil
	}
	f.run("sync", func() error { return f.pointed(f.File.Sync) })
	return nil
}

// pointed syncs a file. If it is a table with new rows, it does so after what they
// point to, and not before it is known that all of them are to stay.
func (f *guardFile) pointed(sync func() error) error {
	if f.kind != tableFile || f.known {
		return sync()
	}
	if err := f.guard.decided(); err != nil {
		return err
	}
	if f.guard.beside != nil {
		if err := f.guard.beside(); err != nil {
			return err
		}
	}
	return sync()
}

// SyncData implements vfs.File.
func (f *guardFile) SyncData() error {
	f.flush()
	if f.kernelIsEnough() {
		return nil
	}
	f.run("sync", func() error { return f.pointed(f.File.SyncData) })
	return nil
}

// SyncTo implements vfs.File.
func (f *guardFile) SyncTo(length int64) (fullSync bool, err error) {
	f.flush()
	if f.kernelIsEnough() {
		return false, nil
	}
	f.run("sync", func() (err error) {
		fullSync, err = f.File.SyncTo(length)
		return err
	})
	return fullSync, nil
}

// Stat implements vfs.File. Pebble asks a log that it uses again how large it is,
// and ends the process when that fails.
func (f *guardFile) Stat() (vfs.FileInfo, error) {
	info, err := f.File.Stat()
	if err != nil && f.kind == walFile {
		f.guard.fail(fmt.Errorf("look at %s: %w", f.path, err))
		return vfs.NewMemFile(nil).Stat()
	}
	return info, err
}

// Preallocate implements vfs.File. It is a hint; what it lacks, a write finds.
func (f *guardFile) Preallocate(offset, length int64) error {
	if f.guard.failure() == nil {
		_ = f.File.Preallocate(offset, length)
	}
	return nil
}

// harden really syncs a write-ahead log, of which the kernel may have a part.
func (f *guardFile) harden() error {
	f.closing.RLock()
	defer f.closing.RUnlock()
	if !f.closed { // or it was synced then
		f.run("sync", f.File.SyncData)
	}
	return f.guard.failure()
}

// Close implements vfs.File. A write-ahead log is really synced here in either
// mode: it will have a successor, and must not end before that one begins.
func (f *guardFile) Close() error {
	f.flush()
	if f.guard.process && f.kind == walFile {
		f.run("sync", f.File.SyncData)
	}
	f.closing.Lock()
	defer f.closing.Unlock()
	f.closed = true
	if err := f.File.Close(); err != nil {
		f.guard.fail(fmt.Errorf("close %s: %w", f.path, err))
	}
	return nil
}

// exists reports whether a file or folder is there.
func exists(fs vfs.FS, name string) (bool, error) {
	_, err := fs.Stat(name)
	if oserror.IsNotExist(err) || os.IsNotExist(err) {
		return false, nil
	}
	return err == nil, err
}
