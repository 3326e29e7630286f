package store_test

import (
	"fmt"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log"
	"sluice/store/log/logtest"
	"sluice/store/log/pebblelog"
)

// troubled is a disk on which something about payload files fails.
type troubled struct {
	vfs.FS
	mem  *vfs.MemFS
	kind atomic.Int64 // an errorfs.OpKind; noTrouble for none
	err  error        // what fails with it, set before
	// opens are the payload files that are open, by name.
	mu    sync.Mutex
	opens map[string]int
}

const noTrouble = -1

func newTroubled() *troubled {
	d := &troubled{mem: vfs.NewCrashableMem(), opens: map[string]int{}}
	d.kind.Store(noTrouble)
	d.FS = errorfs.Wrap(logtest.Opening(d.mem), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if int64(op.Kind) == d.kind.Load() && isRecords(op.Path) {
			return d.err
		}
		return nil
	}))
	return d
}

func isRecords(name string) bool { return strings.Contains(name, "/"+pebblelog.RecordsDir+"/") }

func (d *troubled) begin(kind errorfs.OpKind, err error) {
	d.err = err
	d.kind.Store(int64(kind))
}

func (d *troubled) end() { d.kind.Store(noTrouble) }

// count counts a file that was opened, until it is closed.
func (d *troubled) count(name string, f vfs.File, err error) (vfs.File, error) {
	if err != nil || !isRecords(name) {
		return f, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opens[name]++
	return &countedFile{f, d, name}, nil
}

func (d *troubled) open() (names []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, n := range d.opens {
		if n > 0 {
			names = append(names, name)
		}
	}
	return names
}

// Open implements vfs.FS.
func (d *troubled) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := d.FS.Open(name, o...)
	return d.count(name, f, err)
}

// OpenReadWrite implements vfs.FS.
func (d *troubled) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := d.FS.OpenReadWrite(name, c, o...)
	return d.count(name, f, err)
}

type countedFile struct {
	vfs.File
	of   *troubled
	name string
}

// Close implements vfs.File.
func (f *countedFile) Close() error {
	f.of.mu.Lock()
	defer f.of.mu.Unlock()
	f.of.opens[f.name]--
	return f.File.Close()
}

// payloads lists the payload files of a stream.
func payloads(t *testing.T, mem vfs.FS, stream uint64) []string {
	t.Helper()
	names, err := mem.List(path.Join("data/pebble", pebblelog.RecordsDir, "test", fmt.Sprint(stream)))
	if err != nil {
		return nil
	}
	return names
}

// writer appends records that say which they are, and knows what must be there.
type writer struct {
	log   log.Log
	id    log.ID
	size  int
	wrote []string
}

func (w *writer) append() error {
	text := fmt.Sprint(len(w.wrote), " ")
	text += strings.Repeat("x", w.size-len(text))
	c, err := w.log.Append(ctx, []log.Entry{{Log: w.id, PartitionKey: "k", Data: []byte(text)}})
	if err == nil {
		err = c.Wait()
	}
	if err == nil {
		w.wrote = append(w.wrote, text)
	}
	return err
}

// check requires that what was acknowledged is there and nothing else.
func (w *writer) check(t *testing.T, l log.Log) {
	t.Helper()
	page, err := l.Read(ctx, w.id, 0, everything())
	require.NoError(t, err)
	defer page.Release()
	require.Len(t, page.Records, len(w.wrote))
	for i, r := range page.Records {
		require.True(t, w.wrote[i] == string(r.Data), "record %d", i)
	}
}

// TestFailBesideDatabase lets everything fail that is done to payload files, with
// a full disk and with a broken one: the append fails and leaves nothing, the
// health says why, the next one succeeds once the disk is well, what was
// acknowledged stays, nothing is left open and no heap of files behind.
func TestFailBesideDatabase(t *testing.T) {
	for name, c := range map[string]struct {
		kind errorfs.OpKind
		bare bool // fails when the stream has no folder yet
		disk bool // fails under "disk" only
	}{
		"make the folder": {kind: errorfs.OpMkdirAll, bare: true},
		"make the file":   {kind: errorfs.OpOpen},
		"write":           {kind: errorfs.OpFileWriteAt},
		"sync":            {kind: errorfs.OpFileSyncData, disk: true},
		"sync the folder": {kind: errorfs.OpFileSync, disk: true},
	} {
		for _, durability := range []store.Durability{store.Process, store.Disk} {
			for _, failure := range []error{syscall.ENOSPC, syscall.EIO} {
				if c.disk && durability != store.Disk {
					continue
				}
				t.Run(fmt.Sprint(name, durability, failure), func(t *testing.T) {
					failBeside(t, durability, c.kind, c.bare, failure)
				})
			}
		}
	}
}

func failBeside(t *testing.T, durability store.Durability, kind errorfs.OpKind, bare bool, failure error) {
	d, clock := newTroubled(), logtest.NewClock()
	o := options(d, durability, clock.Now)
	o.Coarse = filed(1000)
	s := open(t, o)
	w := &writer{log: s.Log("test"), id: log.ID{Stream: 7}, size: 3000}
	require.NoError(t, w.log.Create(ctx, []log.ID{w.id}))
	if !bare {
		for range 3 {
			require.NoError(t, w.append())
		}
	}
	for range 3 {
		clock.Advance(time.Hour) // a new file is due
		d.begin(kind, failure)
		for range 5 {
			err := w.append()
			require.Error(t, err)
			if failure == syscall.ENOSPC {
				require.ErrorIs(t, err, log.ErrFull)
			} else {
				require.NotErrorIs(t, err, log.ErrFull)
			}
			require.Error(t, s.Health().Err)
			// Reads open files; and a recovery syncs them before it is through.
			if kind != errorfs.OpOpen && kind != errorfs.OpFileSync && kind != errorfs.OpFileSyncData {
				w.check(t, w.log)
			}
		}
		d.end()
		for range 3 {
			require.NoError(t, w.append())
			require.NoError(t, s.Health().Err)
		}
		w.check(t, w.log)
		bare = false
		if kind == errorfs.OpMkdirAll {
			break // there is one now
		}
	}
	require.NoError(t, s.Close())
	require.Empty(t, d.open(), "a file was left open")
	require.LessOrEqual(t, len(payloads(t, d.mem, 7)), 4, "files of appends that failed are left")
	o.FS = logtest.Crash(d.mem, vfs.CrashCloneCfg{}, logtest.Removed())
	s = open(t, o)
	w.check(t, s.Log("test"))
	require.NoError(t, s.Close())
}

// TestUnlistedFolder: appends do without payload files when their folder cannot
// be looked into.
func TestUnlistedFolder(t *testing.T) {
	d := newTroubled()
	o := options(d, store.Process, logtest.NewClock().Now)
	o.Coarse = filed(1000)
	s := open(t, o)
	w := &writer{log: s.Log("test"), id: log.ID{Stream: 7}, size: 3000}
	require.NoError(t, w.log.Create(ctx, []log.ID{w.id}))
	d.begin(errorfs.OpList, syscall.EIO)
	require.NoError(t, w.append())
	assert.Empty(t, payloads(t, d.mem, 7))
	d.end()
	require.NoError(t, w.append())
	assert.Len(t, payloads(t, d.mem, 7), 1)
	w.check(t, w.log)
	require.NoError(t, s.Close())
}
