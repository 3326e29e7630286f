package store_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log"
	"sluice/store/log/logtest"
)

// staleManifest fails syncs of the manifest, and those of a log that was begun
// since, so that nothing was acknowledged behind the table that it tells of.
type staleManifest struct {
	failing atomic.Bool
	begun   sync.Map // logs
	once    sync.Once
	written chan struct{}
}

func (d *staleManifest) inject(op errorfs.Op) error {
	if !d.failing.Load() {
		return nil
	}
	switch op.Kind {
	case errorfs.OpCreate, errorfs.OpOpen:
		d.begun.Store(op.Path, true)
	case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
		if strings.Contains(op.Path, "MANIFEST") {
			d.once.Do(func() { close(d.written) })
			return syscall.EIO
		}
		if _, begun := d.begun.Load(op.Path); begun && strings.HasSuffix(op.Path, ".log") {
			<-d.written
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
	require.NoError(t, w.append())
	d.failing.Store(true)
	var err error
	for n := 0; n < 2000 && err == nil; n++ { // until a table was written
		err = w.append()
	}
	require.ErrorIs(t, err, syscall.EIO)
	d.failing.Store(false)
	for range 3 {
		require.NoError(t, w.append())
	}
	if closed {
		require.NoError(t, s.Close())
	} else {
		defer func() { _ = s.Close() }()
	}
	o := options(mem.CrashClone(vfs.CrashCloneCfg{}), durability, clock.Now)
	o.Boot = "another"
	after := open(t, o)
	w.check(t, after.Log("test"))
	require.NoError(t, after.Close())
}
