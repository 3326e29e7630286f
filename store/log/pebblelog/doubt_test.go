package pebblelog

import (
	"context"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"sluice/store/engine"
	"sluice/store/log"
)

// TestDoubtsEndWithRecovery: a disk that is well only when it is looked at, so that
// every append fails and every recovery succeeds, gathers no payload.
func TestDoubtsEndWithRecovery(t *testing.T) {
	var failing atomic.Bool
	mem := vfs.NewMem()
	fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		synced := op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData
		if failing.Load() && synced && strings.HasSuffix(op.Path, ".log") {
			return syscall.EIO
		}
		return nil
	}))
	e, err := engine.Open(engine.Config{FS: fs, Dir: "pebble"})
	require.NoError(t, err)
	now := time.UnixMilli(made)
	l := New(e, "test", func() time.Time { return now }, Bundling{Logs: 1 << 20}, Coarse{Bytes: 1, LogBytes: 1})
	id := log.ID{Stream: 1}
	require.NoError(t, l.Create(context.Background(), []log.ID{id}))
	put := func() error {
		c, err := l.Append(context.Background(), []log.Entry{{Log: id, PartitionKey: "k", Data: make([]byte, 1000)}})
		if err != nil {
			return err
		}
		return c.Wait()
	}
	for range 3 {
		failing.Store(true)
		require.ErrorIs(t, put(), syscall.EIO)
		require.NotEmpty(t, l.doubts.runs, "the log may have the row")
		failing.Store(false)
		require.NoError(t, e.Ready())
		require.Empty(t, l.doubts.runs)
	}
	require.NoError(t, put())
	require.NoError(t, l.Close())
	require.NoError(t, e.Close())
}
