package store_test

import (
	"strings"
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

// TestPowerFailureAfterFailedSpread: a store is closed that cannot spread what waits in
// its ring, and then the power fails. What the ring holds is there, or is cut off:
// the close has not told the next start that nothing needs a look.
func TestPowerFailureAfterFailedSpread(t *testing.T) {
	for name, syncs := range map[string]bool{"the ring is synced": true, "nor can the ring be synced": false} {
		t.Run(name, func(t *testing.T) {
			d, clock := newDisk(), logtest.NewClock()
			var fails atomic.Bool
			o := options(injected(d.mem, func(op errorfs.Op) error {
				spread := isRecords(op.Path) && op.Kind == errorfs.OpFileWriteAt
				sync := strings.Contains(op.Path, "/ring/") && op.Kind == errorfs.OpFileSyncData
				if fails.Load() && (spread || sync && !syncs) {
					return syscall.EIO
				}
				return nil
			}), store.Process, clock.Now)
			o.Bundling = narrow()
			s := open(t, o)
			w := newWide(t, s, 1)
			for range 3 {
				require.NoError(t, w.append())
			}
			fails.Store(true)
			require.Error(t, s.Close())

			po := o
			po.FS = logtest.Crash(d.mem, vfs.CrashCloneCfg{}, logtest.Removed())
			left := open(t, po)
			if syncs {
				w.checkAll(t, left, 3)
			}
			l := left.Log("test")
			if kept, err := l.Read(ctx, w.ids[0], 0, everything()); err == nil {
				n := int64(len(kept.Records))
				kept.Release()
				w.checkAll(t, left, n)
			} else {
				require.ErrorIs(t, err, log.ErrNotFound)
			}
			require.NoError(t, left.Close())
		})
	}
}
