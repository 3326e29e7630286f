package store_test

import (
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log"
	"sluice/store/log/logtest"
	"sluice/store/log/pebblelog"
)

// TestReadAfterFailedSpread: the commit fails that says where records are now which
// waited in the ring, and the store does not recover at once, for the sync of
// their payload file fails as well. Pebble shows those rows until it is opened
// anew; so what they name is there, and the records can be read all the time.
func TestReadAfterFailedSpread(t *testing.T) {
	for _, durability := range []store.Durability{store.Process, store.Disk} {
		t.Run(string(durability), func(t *testing.T) {
			d, clock := newDisk(), logtest.NewClock()
			var armed, logs, payload atomic.Bool
			fs := injected(d.mem, func(op errorfs.Op) error {
				inRecords := strings.Contains(op.Path, "/records/")
				synced := op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData
				switch {
				case inRecords && op.Kind == errorfs.OpFileWriteAt && armed.Load():
					logs.Store(true)
				case inRecords && synced && payload.Load(),
					strings.HasSuffix(op.Path, ".log") && op.Kind == errorfs.OpFileWrite && logs.Load():
					return syscall.EIO
				}
				return nil
			})
			o := options(fs, durability, clock.Now)
			o.Bundling = narrow()
			s := open(t, o)
			w := newWide(t, s, 1)
			for range 3 {
				require.NoError(t, w.append())
			}
			require.NoError(t, s.Checkpoint("first")) // which spreads them
			for range 3 {
				require.NoError(t, w.append())
			}
			armed.Store(true)
			require.Error(t, s.Checkpoint("second"))
			require.True(t, logs.Load())
			w.checkAll(t, s, 6)
			armed.Store(false)
			logs.Store(false)
			payload.Store(true)
			require.Equal(t, durability == store.Process, w.append() != nil, "under disk it was synced before")
			for range 50 {
				require.Equal(t, w.acked.Load(), w.check(t, s.Log("test"), w.ids[0]))
				runtime.Gosched()
			}
			payload.Store(false)
			require.NoError(t, w.append())
			w.checkAll(t, s, w.acked.Load())
			require.NoError(t, s.Health().Err)
			require.NoError(t, s.Close())
			s = open(t, o)
			w.checkAll(t, s, w.acked.Load())
			require.NoError(t, s.Close())
		})
	}
}

// TestKillAfterFailedAppend: the sync of the log fails, and the process is killed
// before the store has recovered. The log has the rows of the append; what they name
// is there too, though a later append had begun another payload file.
func TestKillAfterFailedAppend(t *testing.T) {
	d, clock := newDisk(), logtest.NewClock()
	var failing atomic.Bool
	syncing, goOn := make(chan struct{}, 100), make(chan struct{})
	fs := injected(d.mem, func(op errorfs.Op) error {
		synced := op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData
		if !failing.Load() || !synced || !strings.HasSuffix(op.Path, ".log") {
			return nil
		}
		syncing <- struct{}{}
		<-goOn
		return syscall.EIO
	})
	o := options(fs, store.Disk, clock.Now)
	o.Boot = "the only one" // so that nothing is cut
	o.Coarse = pebblelog.Coarse{Bytes: 1, LogBytes: 1}
	s := open(t, o)
	w := newWide(t, s, 1)
	require.NoError(t, w.append())
	clock.Advance(2 * time.Hour) // the next one goes to a file of its own
	failing.Store(true)
	failed := make(chan error, 1)
	go func() { failed <- w.append() }()
	<-syncing
	clock.Advance(2 * time.Hour)
	next, err := w.log.Append(ctx, []log.Entry{{Log: w.ids[0], PartitionKey: "k", Data: []byte("next")}})
	require.NoError(t, err)
	close(goOn)
	require.Error(t, <-failed)
	require.Error(t, next.Wait())
	for range 1000 { // enough for a file to be removed that nobody keeps
		runtime.Gosched()
	}
	ko := o
	ko.FS = d.afterKill()
	killed := open(t, ko)
	w.checkAll(t, killed, 2)
	require.NoError(t, killed.Close())
	require.Error(t, s.Close())
}

// TestFailedWriteOfPayload: of an append whose payload could not be written nothing
// is left on the disk, so that one that is full does not fill with attempts.
func TestFailedWriteOfPayload(t *testing.T) {
	d, clock := newDisk(), logtest.NewClock()
	var failing atomic.Bool
	fs := injected(d.mem, func(op errorfs.Op) error {
		if failing.Load() && strings.Contains(op.Path, "/records/") && op.Kind == errorfs.OpFileWriteAt {
			return syscall.ENOSPC
		}
		return nil
	})
	o := options(fs, store.Process, clock.Now)
	o.Coarse = pebblelog.Coarse{Bytes: 1, LogBytes: 1}
	s := open(t, o)
	w := newWide(t, s, 1)
	failing.Store(true)
	for range 3 {
		require.ErrorIs(t, w.append(), log.ErrFull)
	}
	require.NoError(t, s.Close())
	names, err := d.mem.List("data/pebble/records/test/1")
	require.NoError(t, err)
	require.Empty(t, names)
}
