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
	"sluice/store/log"
	"sluice/store/log/logtest"
)

// TestPowerFailureAfterHalfDelete: a stream is deleted whose removal cannot be made
// durable, for another stream's append fails just then, and a table with the stream's
// rows is written afterwards. A power failure takes the removal: the stream is there
// again, with its records, or is cut off.
func TestPowerFailureAfterHalfDelete(t *testing.T) {
	d, clock := newDisk(), logtest.NewClock()
	var deleting, held atomic.Bool
	written, goOn, over := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var between func()
	o := options(injected(d.mem, func(op errorfs.Op) error {
		switch {
		case op.Kind == errorfs.OpCreate && strings.HasSuffix(op.Path, ".sst") && held.CompareAndSwap(false, true):
			close(written)
			<-goOn
		case op.Kind == errorfs.OpFileWrite && strings.HasSuffix(op.Path, ".log") && deleting.CompareAndSwap(true, false):
			between()
		case op.Kind == errorfs.OpFileSyncData && strings.HasSuffix(op.Path, ".log") && held.Load():
			<-over // or the log with the removal would be durable because it is full
		case op.Kind == errorfs.OpFileWriteAt && strings.Contains(op.Path, "/records/test/2/"):
			return syscall.EIO
		}
		return nil
	}), store.Process, clock.Now)
	o.Coarse, o.MemTableBytes = filed(1000), 32<<10
	s := open(t, o)
	l := s.Log("test")
	w, other, small := &writer{log: l, id: log.ID{Stream: 1}, size: 3000}, log.ID{Stream: 2}, &writer{log: l, id: log.ID{Stream: 3}, size: 900}
	require.NoError(t, l.Create(ctx, []log.ID{w.id, other, small.id}))
	require.NoError(t, w.append())
	require.NoError(t, small.append())
	require.NoError(t, l.Delete(ctx, small.id.Stream)) // what it held is merged, so the memtable is written
	<-written
	between = func() {
		_, err := l.Append(ctx, []log.Entry{{Log: other, PartitionKey: "k", Data: make([]byte, 3000)}})
		assert.NoError(t, err)
	}
	deleting.Store(true)
	require.NoError(t, l.Delete(ctx, 1))
	require.NotEmpty(t, payloads(t, d.mem, 1), "its removal could not be made durable")
	close(goOn)
	for found := false; !found; { // until the table is there, which has its rows
		po := o
		po.FS = logtest.Crash(d.mem, vfs.CrashCloneCfg{}, logtest.Removed())
		left := open(t, po)
		page, err := left.Log("test").Read(ctx, w.id, 0, everything())
		if found = err == nil && len(page.Records) > 0; err == nil {
			page.Release()
		} else {
			require.ErrorIs(t, err, log.ErrNotFound)
		}
		if found {
			w.check(t, left.Log("test"))
		}
		require.NoError(t, left.Close())
	}
	close(over)
	require.NoError(t, s.Close())
}
