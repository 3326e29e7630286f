package store_test

import (
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/kv"
	"sluice/store/log"
	"sluice/store/log/logtest"
)

// TestCheckpointAfterAKilledStart: a process that dies after it has opened the
// database and before it has begun its log leaves a folder without one. Pebble
// then sees no reason for a new manifest, and made an empty one in a checkpoint,
// which could not be opened.
func TestCheckpointAfterAKilledStart(t *testing.T) {
	for _, durability := range []store.Durability{store.Process, store.Disk} {
		d, now := newDisk(), logtest.NewClock().Now
		require.NoError(t, open(t, options(d.fs, durability, now)).Close())
		var left *vfs.MemFS
		again := open(t, options(errorfs.Wrap(d.mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind == errorfs.OpCreate && strings.HasSuffix(op.Path, ".log") && left == nil {
				left = d.afterPowerLoss(0)
			}
			return nil
		})), durability, now))
		require.NoError(t, again.Close())

		o := options(left, durability, now)
		s := open(t, o)
		require.NoError(t, s.Checkpoint("nothing"))
		setPairs(t, s.Space("a"), "k", "1")
		require.NoError(t, s.Checkpoint("something"))
		require.NoError(t, s.Close())
		for dir, want := range map[string][]string{"nothing": {}, "something": {"k=1"}, "data": {"k=1"}} {
			o.Dir = dir
			kept := open(t, o)
			assert.Equal(t, want, pairsOf(t, kept.Space("a")), dir)
			require.NoError(t, kept.Close())
		}
	}
}

// TestFailAfterCheckpoint: what was written to the log and could not be synced is
// not there after the recovery, also when a checkpoint was made, which has a log
// of its own.
func TestFailAfterCheckpoint(t *testing.T) {
	d := newDisk()
	var fail atomic.Bool
	o := options(errorfs.Wrap(d.mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if fail.Load() && (op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo) {
			return syscall.EIO
		}
		return nil
	})), store.Disk, logtest.NewClock().Now)
	s := open(t, o)
	space := s.Space("a")
	setPairs(t, space, "k", "1")
	require.NoError(t, s.Checkpoint("copy"))
	setPairs(t, space, "l", "2")
	fail.Store(true)
	b := &kv.Batch{}
	b.Set([]byte("m"), []byte("3"))
	require.Error(t, space.Commit(ctx, b))
	fail.Store(false)
	setPairs(t, space, "n", "4")
	assert.Equal(t, []string{"k=1", "l=2", "n=4"}, pairsOf(t, space))
	require.NoError(t, s.Close())
}

// TestHardenAfterCheckpoint: what must be on the disk before files are removed is
// there also when a checkpoint was made since the log was begun.
func TestHardenAfterCheckpoint(t *testing.T) {
	d := newDisk()
	o := options(d.fs, store.Process, logtest.NewClock().Now)
	o.Coarse = filed(1000)
	s := open(t, o)
	w := &writer{log: s.Log("test"), id: log.ID{Stream: 7}, size: 3000}
	require.NoError(t, w.log.Create(ctx, []log.ID{w.id}))
	require.NoError(t, w.append())
	require.NoError(t, s.Checkpoint("copy"))
	setPairs(t, s.Space("a"), "k", "1")
	require.NoError(t, w.log.Delete(ctx, 7))
	o.FS = d.afterPowerLoss(0)
	require.NoError(t, s.Close())
	s = open(t, o)
	assert.Equal(t, []string{"k=1"}, pairsOf(t, s.Space("a")))
	require.NoError(t, s.Close())
}

// onceOnly is a file of a disk whose kernel tries each page once: after a sync that
// has failed the next one says that all is well, unless somebody has written again.
type onceOnly struct {
	vfs.File
	failing, lost *atomic.Bool
}

// WriteAt implements vfs.File.
func (f onceOnly) WriteAt(b []byte, off int64) (int, error) {
	f.lost.Store(false)
	return f.File.WriteAt(b, off)
}

// SyncData implements vfs.File.
func (f onceOnly) SyncData() error {
	if f.failing.Load() {
		f.lost.Store(true)
		return syscall.EIO
	}
	if f.lost.Load() {
		return nil
	}
	return f.File.SyncData()
}

// TestFailedSyncOfACopy: a checkpoint makes durable what it copies. When that fails
// the store must know, for the next sync of the same file says that all is well.
func TestFailedSyncOfACopy(t *testing.T) {
	for _, durability := range []store.Durability{store.Process, store.Disk} {
		t.Run(string(durability), func(t *testing.T) {
			d := newDisk()
			var failing, lost atomic.Bool
			o := options(chosen{d.fs, func(path string) bool { return strings.Contains(path, "/records/") },
				func(_ vfs.FS, _ string, f vfs.File) vfs.File { return onceOnly{f, &failing, &lost} }}, durability, logtest.NewClock().Now)
			o.Coarse = filed(1000)
			s := open(t, o)
			w := &writer{log: s.Log("test"), id: log.ID{Stream: 7}, size: 3000}
			require.NoError(t, w.log.Create(ctx, []log.ID{w.id}))
			require.NoError(t, w.append())
			failing.Store(true)
			err := s.Checkpoint("copy")
			require.Equal(t, durability == store.Process, err != nil, "under disk it was synced before: %v", err)
			failing.Store(false)
			require.NoError(t, s.Close())
			o.FS = d.afterPowerLoss(0)
			s = open(t, o)
			w.check(t, s.Log("test"))
			require.NoError(t, s.Close())
		})
	}
}
