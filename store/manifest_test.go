package store_test

import (
	"runtime"
	"strings"
	"sync"
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
)

// staleManifest fails syncs of the manifest.
type staleManifest struct {
	failing atomic.Bool
	once    sync.Once
	written chan struct{}
}

func (d *staleManifest) inject(op errorfs.Op) error {
	if !d.failing.Load() {
		return nil
	}
	switch op.Kind {
	case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
		if strings.Contains(op.Path, "MANIFEST") {
			d.once.Do(func() { close(d.written) })
			return syscall.EIO
		}
	}
	return nil
}

// TestFailedManifest has a sync of the manifest fail, after which the kernel still
// reads it as it was written. The store recovers, goes by it and removes what it
// does without; a power failure then takes nothing that was acknowledged, whether
// the store was closed before or not.
func TestFailedManifest(t *testing.T) {
	t.Run("closed", func(t *testing.T) { failManifest(t, store.Process, true) })
	t.Run("closed, disk", func(t *testing.T) { failManifest(t, store.Disk, true) })
	t.Run("disk", func(t *testing.T) { failManifest(t, store.Disk, false) })
}

func failManifest(t *testing.T, durability store.Durability, closed bool) {
	mem := vfs.NewCrashableMem()
	d := &staleManifest{written: make(chan struct{})}
	fs := injected(mem, d.inject)
	clock := logtest.NewClock()
	s := open(t, options(fs, durability, clock.Now))
	w := &writer{log: s.Log("test"), id: log.ID{Stream: 7}, size: 20000}
	require.NoError(t, w.log.Create(ctx, []log.ID{w.id}))
	other := log.ID{Stream: 8}
	require.NoError(t, w.log.Create(ctx, []log.ID{other}))
	_, err := w.log.Append(ctx, []log.Entry{{Log: other, PartitionKey: "k", Data: []byte("old")}})
	require.NoError(t, err)
	clock.Advance(3 * time.Hour)
	require.NoError(t, w.append())
	d.failing.Store(true)
	// A table is written of what is trimmed, and with it all the rest. Nothing is
	// acknowledged behind it.
	require.NoError(t, w.log.Trim(ctx, 8, clock.Now().Add(-time.Hour)))
	<-d.written
	for s.Health().Err == nil {
		runtime.Gosched()
	}
	require.ErrorIs(t, s.Health().Err, syscall.EIO)
	d.failing.Store(false)
	for range 3 {
		require.NoError(t, w.append())
	}
	if closed {
		require.NoError(t, s.Close())
	} else {
		defer func() { _ = s.Close() }()
	}
	o := options(logtest.Crash(mem, vfs.CrashCloneCfg{}, logtest.Removed()), durability, clock.Now)
	o.Boot = "another"
	after := open(t, o)
	w.check(t, after.Log("test"))
	require.NoError(t, after.Close())
}
