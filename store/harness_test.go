package store_test

import (
	"io"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log"
	"sluice/store/log/logtest"
	"sluice/store/log/pebblelog"
)

// quiet swallows the log lines of failures that tests provoke.
func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// disk is a disk in memory that can crash, fill up and fail.
type disk struct {
	mem  *vfs.MemFS
	full atomic.Bool
	fail atomic.Bool
	fs   vfs.FS
	dice *rand.Rand
}

func newDisk() *disk {
	d := &disk{mem: vfs.NewCrashableMem(), dice: rand.New(rand.NewPCG(1, 2))}
	d.fs = injected(d.mem, d.inject)
	return d
}

// injected is a file system of which f is asked before each operation.
func injected(fs vfs.FS, f func(op errorfs.Op) error) vfs.FS {
	return reusing{errorfs.Wrap(logtest.Opening(fs), errorfs.InjectorFunc(f))}
}

// reusing lets injected errors reach files that are used again, which errorfs does
// not.
type reusing struct{ vfs.FS }

// ReuseForWrite implements vfs.FS.
func (r reusing) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if err := r.Rename(from, to); err != nil {
		return nil, err
	}
	return r.OpenReadWrite(to, c)
}

func (d *disk) inject(op errorfs.Op) error {
	if d.fail.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite && op.Kind != errorfs.OpFileClose {
		return syscall.EIO
	}
	if !d.full.Load() {
		return nil
	}
	switch op.Kind {
	case errorfs.OpCreate, errorfs.OpFileWrite, errorfs.OpFileWriteAt, errorfs.OpReuseForWrite, errorfs.OpFilePreallocate, errorfs.OpMkdirAll:
		return syscall.ENOSPC
	}
	return nil
}

// afterKill is the disk as kill -9 leaves it: all that was written is there.
func (d *disk) afterKill() *vfs.MemFS { return logtest.AfterKill(d.mem, d.dice) }

// afterPowerLoss is the disk as a power failure may leave it: of what was not
// synced, and of what was removed, a part.
func (d *disk) afterPowerLoss(percent int) *vfs.MemFS {
	return logtest.AfterPowerLoss(d.mem, percent, d.dice)
}

// crashed is a disk as a power failure may leave it, or, where everything is there
// that was written, as a kill does.
func crashed(mem *vfs.MemFS, percent int, dice *rand.Rand) *vfs.MemFS {
	if percent == 100 {
		return logtest.AfterKill(mem, dice)
	}
	return logtest.AfterPowerLoss(mem, percent, dice)
}

// options open a small store, so that tables are written and merged in tests.
func options(fs vfs.FS, durability store.Durability, now func() time.Time) store.Options {
	return store.Options{
		Dir: "data", FS: fs, Durability: durability, Now: now, Logger: quiet(),
		MemTableBytes: 256 << 10, CacheBytes: 1 << 20,
	}
}

func open(t *testing.T, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(o)
	require.NoError(t, err)
	return s
}

// bundled makes bundles of every append, and spreads them soon.
func bundled() pebblelog.Bundling {
	return pebblelog.Bundling{Logs: 1, LogBytes: 1 << 30, Bytes: 2 << 10}
}

// stored opens logs over a disk in memory for the contract's suite.
func stored(durability store.Durability, bundling pebblelog.Bundling) logtest.Open {
	return func(t *testing.T, now func() time.Time) *logtest.Instance {
		d := newDisk()
		options := func(fs vfs.FS, durability store.Durability, now func() time.Time) store.Options {
			o := options(fs, durability, now)
			o.Bundling = bundling
			return o
		}
		s := open(t, options(d.fs, durability, now))
		t.Cleanup(func() { _ = s.Close() })
		return &logtest.Instance{
			Log: s.Log("test"),
			Reopen: func(t *testing.T) log.Log {
				require.NoError(t, s.Close())
				s = open(t, options(d.fs, durability, now))
				return s.Log("test")
			},
			Crash: func(t *testing.T) log.Log {
				left := d.afterKill()
				if durability == store.Disk {
					left = d.afterPowerLoss(d.dice.IntN(100))
				}
				copied := open(t, options(left, durability, now))
				t.Cleanup(func() { _ = copied.Close() })
				return copied.Log("test")
			},
			Full: d.full.Store,
			Fail: d.fail.Store,
		}
	}
}
