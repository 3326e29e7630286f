package torture

import (
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Faults in what keeps records beside the database. Each is played by the disk:
// it does to a file what the store would do if it were wrong.

// Layouts that a plant asks for, see world.layOut.
const (
	anyLayout = iota
	bundles   // and payload files, into which they are spread
	payloads
)

func plantsBeside() []plant {
	return []plant{
		{name: "syncs of payload files are skipped", disk: true, layout: payloads, fs: lying("/records/"), found: "missing|damaged"},
		{name: "syncs of rings are skipped", disk: true, layout: bundles, fs: lying("/ring/"), found: "missing|damaged"},
		{name: "tables are synced before payload files", process: true, layout: payloads, fs: lying("/records/"), found: "missing|damaged|not exist|short"},
		{name: "tables are synced before rings", process: true, layout: bundles, fs: lying("/ring/"), found: "missing|damaged|not exist|short"},
		{name: "the log is not cut after a power failure", process: true, deaf: true, layout: payloads, found: "missing|damaged|not exist|short"},
		{name: "removals are not hardened", process: true, layout: payloads, fs: lying(".log"), found: "missing|damaged|not exist|short"},
		{name: "payload is lost with a failed sync", process: true, never: true, layout: payloads, found: "missing|damaged|not exist|short"},
		{name: "a row is there before its payload", layout: payloads, fs: meddling("/records/", tardy), found: "damaged"},
		{name: "space of a ring is given back too early", layout: bundles, fs: meddling("/ring/", narrow), found: "damaged|missing"},
		{name: "a payload file is removed too early", layout: payloads, fs: meddling("/records/", hasten), found: "damaged|not exist|missing"},
		{name: "payload is damaged", layout: payloads, fs: meddling("/records/", rot), found: "damaged"},
		{name: "bundles are damaged", layout: bundles, fs: meddling("/ring/", rot), found: "damaged|missing"},
	}
}

// meddler changes what is done to files in a folder.
type meddler struct {
	vfs.FS
	part string
	do   func(m *meddler, f *meddled, b []byte, off int64) (int, error)

	mu    sync.Mutex
	late  map[string][]lateWrite // guarded by mu
	there []string               // guarded by mu: files that were made
}

type lateWrite struct {
	b   []byte
	off int64
}

func meddling(part string, do func(m *meddler, f *meddled, b []byte, off int64) (int, error)) func(vfs.FS) vfs.FS {
	return func(fs vfs.FS) vfs.FS { return &meddler{FS: fs, part: part, do: do, late: map[string][]lateWrite{}} }
}

// Unwrap implements vfs.FS.
func (m *meddler) Unwrap() vfs.FS { return m.FS }

// OpenReadWrite implements vfs.FS.
func (m *meddler) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := m.FS.OpenReadWrite(name, c, o...)
	if err != nil || !strings.Contains(name, m.part) {
		return f, err
	}
	return &meddled{File: f, m: m, name: name}, nil
}

// Open implements vfs.FS.
func (m *meddler) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := m.FS.Open(name, o...)
	if err != nil || !strings.Contains(name, m.part) {
		return f, err
	}
	return &meddled{File: f, m: m, name: name}, nil
}

// meddled is such a file.
type meddled struct {
	vfs.File
	m    *meddler
	name string
}

// WriteAt implements vfs.File.
func (f *meddled) WriteAt(b []byte, off int64) (int, error) { return f.m.do(f.m, f, b, off) }

// ReadAt implements vfs.File.
func (f *meddled) ReadAt(b []byte, off int64) (int, error) {
	f.m.settle(f)
	return f.File.ReadAt(b, off)
}

// Sync implements vfs.File.
func (f *meddled) Sync() error { f.m.settle(f); return f.File.Sync() }

// SyncData implements vfs.File.
func (f *meddled) SyncData() error { f.m.settle(f); return f.File.SyncData() }

// settle writes what was held back.
func (m *meddler) settle(f *meddled) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.late[f.name] {
		_, _ = f.File.WriteAt(w.b, w.off)
	}
	delete(m.late, f.name)
}

// tardy writes only when it is asked for: the rows are there by then.
func tardy(m *meddler, f *meddled, b []byte, off int64) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.late[f.name] = append(m.late[f.name], lateWrite{append([]byte(nil), b...), off})
	return len(b), nil
}

// narrow has every piece overwritten by the next but one.
func narrow(m *meddler, f *meddled, b []byte, off int64) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.late[f.name] = append(m.late[f.name], lateWrite{append([]byte(nil), b...), off})
	if all := m.late[f.name]; len(all) > 2 {
		_, _ = f.File.WriteAt(b, all[0].off)
		m.late[f.name] = all[1:]
	}
	return f.File.WriteAt(b, off)
}

// hasten removes the second youngest file.
func hasten(m *meddler, f *meddled, b []byte, off int64) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.there); n == 0 || m.there[n-1] != f.name {
		if m.there = append(m.there, f.name); n > 0 {
			_ = m.Remove(m.there[n-1])
		}
	}
	return f.File.WriteAt(b, off)
}

// rot writes one bit otherwise now and then.
func rot(_ *meddler, f *meddled, b []byte, off int64) (int, error) {
	if b = append([]byte(nil), b...); len(b) > 40 {
		b[len(b)/2] ^= 4
	}
	return f.File.WriteAt(b, off)
}
