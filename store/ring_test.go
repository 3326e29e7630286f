package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log"
	"sluice/store/log/logtest"
	"sluice/store/log/pebblelog"
)

// narrow has few bundles fit the ring, so that it turns many times in a test.
func narrow() pebblelog.Bundling {
	return pebblelog.Bundling{Logs: 8, AppendBytes: 1, Bytes: 16 << 10, SegmentBytes: 16 << 10}
}

// wide is a stream of many logs, and what was appended to them and acknowledged.
type wide struct {
	stream uint64
	log    log.Log
	ids    []log.ID
	acked  atomic.Int64 // appends
}

const wideLogs = 16

func newWide(t *testing.T, s *store.Store, stream uint64) *wide {
	t.Helper()
	w := &wide{stream: stream, log: s.Log("test")}
	for i := range uint32(wideLogs) {
		w.ids = append(w.ids, log.ID{Stream: stream, Shard: i})
	}
	require.NoError(t, w.log.Create(ctx, w.ids))
	return w
}

// data is that of the n-th append to a log.
func (w *wide) data(id log.ID, n int64) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%v %d.", id, n), 8)
}

// append adds a record to every log.
func (w *wide) append() error {
	n := w.acked.Load()
	var batch []log.Entry
	for _, id := range w.ids {
		batch = append(batch, log.Entry{Log: id, PartitionKey: fmt.Sprint(n), Data: w.data(id, n)})
	}
	c, err := w.log.Append(ctx, batch)
	if err == nil {
		err = c.Wait()
	}
	if err == nil {
		w.acked.Add(1)
	}
	return err
}

// check reads a log and compares it; it returns how many records are there.
func (w *wide) check(t *testing.T, l log.Log, id log.ID) (n int64) {
	for last, from := int64(-1), int64(0); ; {
		page, err := l.Read(ctx, id, from, everything())
		if !assert.NoError(t, err) {
			return n
		}
		for _, r := range page.Records {
			var at int64
			_, err := fmt.Sscan(r.PartitionKey, &at)
			assert.NoError(t, err)
			if !assert.Equal(t, string(w.data(id, at)), string(r.Data)) || !assert.Equal(t, last+1, at) {
				break
			}
			last = at
		}
		more := len(page.Records)
		from, n = page.Next, n+int64(more)
		page.Release()
		if more == 0 {
			return n
		}
	}
}

// checkAll holds what a store has to what was acknowledged.
func (w *wide) checkAll(t *testing.T, s *store.Store, acked int64) {
	t.Helper()
	for _, id := range w.ids {
		require.Equal(t, acked, w.check(t, s.Log("test"), id), "%v", id)
	}
}

// TestKilledRing: whenever a process ends whose ring turns, all that it had
// acknowledged is there, and the next one goes on.
func TestKilledRing(t *testing.T) {
	for _, durability := range []store.Durability{store.Process, store.Disk} {
		d, clock := newDisk(), logtest.NewClock()
		o := options(d.fs, durability, clock.Now)
		o.Bundling = narrow()
		s := open(t, o)
		wides := []*wide{newWide(t, s, 1), newWide(t, s, 2)}
		for n := range 120 {
			require.NoError(t, wides[n%2].append())
			if n%13 != 0 {
				continue
			}
			ko := o
			ko.FS = d.afterKill()
			killed := open(t, ko)
			for _, w := range wides {
				w.checkAll(t, killed, w.acked.Load())
				again := &wide{stream: w.stream, log: killed.Log("test"), ids: w.ids}
				again.acked.Store(w.acked.Load())
				for range 20 {
					require.NoError(t, again.append())
				}
				again.checkAll(t, killed, again.acked.Load())
			}
			require.NoError(t, killed.Close())
		}
		require.NoError(t, s.Close())
	}
}

// TestPowerFailureRing: whenever the power fails while rings turn, of all appends,
// to two streams in turn, the first ones are left; under "disk" all that were
// acknowledged. The store goes on from there.
func TestPowerFailureRing(t *testing.T) {
	for _, durability := range []store.Durability{store.Process, store.Disk} {
		d, clock := newDisk(), logtest.NewClock()
		o := options(d.fs, durability, clock.Now)
		o.Bundling, o.MemTableBytes = narrow(), 32<<10
		s := open(t, o)
		wides := []*wide{newWide(t, s, 1), newWide(t, s, 2)}
		for n := range 200 {
			require.NoError(t, wides[n%2].append())
			if n%9 != 0 {
				continue
			}
			po := o
			po.FS = d.afterPowerLoss(d.dice.IntN(101))
			left := open(t, po)
			var found [2]int64
			for i, w := range wides {
				if _, err := left.Log("test").Read(ctx, w.ids[0], 0, everything()); errors.Is(err, log.ErrNotFound) && durability == store.Process {
					continue
				}
				found[i] = w.check(t, left.Log("test"), w.ids[0])
				w.checkAll(t, left, found[i])
			}
			if durability == store.Disk {
				require.Equal(t, [2]int64{wides[0].acked.Load(), wides[1].acked.Load()}, found)
			}
			require.Contains(t, []int64{0, 1}, found[0]-found[1], "append %d: %v", n, found)
			if again := (&wide{stream: 1, log: left.Log("test"), ids: wides[0].ids}); found[0] > 0 {
				again.acked.Store(found[0])
				for range 20 {
					require.NoError(t, again.append())
				}
				again.checkAll(t, left, found[0]+20)
			}
			require.NoError(t, left.Close())
		}
		require.NoError(t, s.Close())
	}
}

// watchedFS notes what is done to rings and logs.
type watchedFS struct {
	vfs.FS
	mu      sync.Mutex
	syncs   int             // of logs; guarded by mu
	written map[string]int  // places in the ring: syncs when they were written; guarded by mu
	turned  int             // places that were written again; guarded by mu
	early   map[string]bool // guarded by mu
}

func (w *watchedFS) watched(f vfs.File, err error, name string) (vfs.File, error) {
	if err != nil || !strings.Contains(name, "/ring/") && !strings.HasSuffix(name, ".log") {
		return f, err
	}
	return &watchedFile{f, w, name, strings.Contains(name, "/ring/")}, nil
}

func (w *watchedFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := w.FS.Create(name, c)
	return w.watched(f, err, name)
}

func (w *watchedFS) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := w.FS.ReuseForWrite(from, to, c)
	return w.watched(f, err, to)
}

func (w *watchedFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := w.FS.OpenReadWrite(name, c, o...)
	return w.watched(f, err, name)
}

func (w *watchedFS) Unwrap() vfs.FS { return w.FS }

type watchedFile struct {
	vfs.File
	fs   *watchedFS
	name string
	ring bool
}

func (f *watchedFile) SyncData() error {
	if !f.ring {
		f.fs.mu.Lock()
		f.fs.syncs++
		f.fs.mu.Unlock()
	}
	return f.File.SyncData()
}

func (f *watchedFile) WriteAt(b []byte, off int64) (int, error) {
	if f.ring {
		f.fs.mu.Lock()
		place := fmt.Sprint(f.name, " ", off)
		if before, again := f.fs.written[place]; again {
			if f.fs.turned++; before == f.fs.syncs {
				f.fs.early[place] = true
			}
		}
		f.fs.written[place] = f.fs.syncs
		f.fs.mu.Unlock()
	}
	return f.File.WriteAt(b, off)
}

// TestRingTurnsAfterSync: under "process", where no commit syncs the log, it is
// synced before space of the ring is used again.
func TestRingTurnsAfterSync(t *testing.T) {
	fs := &watchedFS{FS: vfs.NewMem(), written: map[string]int{}, early: map[string]bool{}}
	o := options(fs, store.Process, logtest.NewClock().Now)
	o.Bundling = narrow()
	s := open(t, o)
	w := newWide(t, s, 1)
	for range 400 {
		require.NoError(t, w.append())
	}
	w.checkAll(t, s, 400)
	fs.mu.Lock()
	require.Positive(t, fs.turned)
	require.Empty(t, fs.early)
	fs.mu.Unlock()
	require.NoError(t, s.Close())
}

// gatedFS has reads of payload files wait.
type gatedFS struct {
	vfs.FS
	gate chan struct{} // closed to let them go on
	met  chan struct{} // has one element once a read waits
}

func (g *gatedFS) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := g.FS.Open(name, o...)
	if err != nil || !strings.Contains(name, "/records/") {
		return f, err
	}
	return &gatedFile{f, g}, nil
}

func (g *gatedFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := g.FS.OpenReadWrite(name, c, o...)
	if err != nil || !strings.Contains(name, "/records/") {
		return f, err
	}
	return &gatedFile{f, g}, nil
}

func (g *gatedFS) Unwrap() vfs.FS { return g.FS }

type gatedFile struct {
	vfs.File
	fs *gatedFS
}

func (f *gatedFile) ReadAt(b []byte, off int64) (int, error) {
	select {
	case f.fs.met <- struct{}{}:
	default:
	}
	<-f.fs.gate
	return f.File.ReadAt(b, off)
}

// TestRingReaders: who has begun to read bundles before they are spread, and their
// space used again, sees what was appended.
func TestRingReaders(t *testing.T) {
	fs := &gatedFS{FS: vfs.NewMem(), gate: make(chan struct{}), met: make(chan struct{}, 1)}
	o := options(fs, store.Process, logtest.NewClock().Now)
	o.Bundling = narrow()
	s := open(t, o)
	w := newWide(t, s, 1)
	for range 30 { // some of them are in payload files by then, and some not
		require.NoError(t, w.append())
	}
	var reader sync.WaitGroup
	reader.Go(func() { assert.LessOrEqual(t, int64(30), w.check(t, w.log, w.ids[0])) })
	<-fs.met
	for range 100 {
		require.NoError(t, w.append())
	}
	close(fs.gate)
	reader.Wait()
	w.checkAll(t, s, 130)
	require.NoError(t, s.Close())
}

// TestRingFails: when the ring cannot be written for a while, at most the append
// that finds it so fails; others go the ordinary way. When it cannot be synced,
// nothing becomes durable, and appends fail meanwhile. Nothing is lost, in this
// process or in the next.
func TestRingFails(t *testing.T) {
	for name, kind := range map[string]errorfs.OpKind{
		"full": errorfs.OpFileWriteAt, "no sync": errorfs.OpFileSyncData, "no file": errorfs.OpOpen, "no folder": errorfs.OpMkdirAll,
	} {
		for _, durability := range []store.Durability{store.Process, store.Disk} {
			t.Run(fmt.Sprint(name, " ", durability), func(t *testing.T) { ringFails(t, kind, durability) })
		}
	}
}

func ringFails(t *testing.T, kind errorfs.OpKind, durability store.Durability) {
	var failing atomic.Bool
	var failures atomic.Int64
	d := newDisk()
	d.fs = errorfs.Wrap(d.fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if failing.Load() && op.Kind == kind && strings.Contains(op.Path, "/ring") {
			failures.Add(1)
			return syscall.ENOSPC
		}
		return nil
	}))
	o := options(d.fs, durability, logtest.NewClock().Now)
	o.Bundling = narrow()
	s := open(t, o)
	w := newWide(t, s, 1)
	failed := 0
	for n := range 150 {
		failing.Store(n >= 40 && n < 110)
		if kind == errorfs.OpOpen || kind == errorfs.OpMkdirAll {
			failing.Store(n < 40)
		}
		if w.append() != nil {
			failed++
			if kind != errorfs.OpFileSyncData {
				require.NoError(t, w.append(), "the next one does not go into the ring")
			}
			require.True(t, failing.Load())
		}
		if n%50 == 49 {
			ko := o
			ko.FS = d.afterKill()
			killed := open(t, ko)
			if acked := w.acked.Load(); failing.Load() { // what failed in its last step may be there
				require.LessOrEqual(t, acked, w.check(t, killed.Log("test"), w.ids[0]))
			} else {
				w.checkAll(t, killed, acked)
			}
			require.NoError(t, killed.Close())
		}
	}
	require.Positive(t, failures.Load())
	w.checkAll(t, s, w.acked.Load())
	require.NoError(t, s.Close())
	s = open(t, o)
	w.checkAll(t, s, w.acked.Load())
	require.NoError(t, s.Close())
}
