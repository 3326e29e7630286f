package store_test

import (
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store"
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
