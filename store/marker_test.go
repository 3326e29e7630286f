package store_test

import (
	"path"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log/logtest"
)

// TestMarkerFollowsItsFile: when a marker that names a manifest is made where
// the database lives, the name of the manifest is durable already. Otherwise a
// power failure may keep the marker alone, and the folder cannot be opened.
func TestMarkerFollowsItsFile(t *testing.T) {
	for _, durability := range []store.Durability{store.Process, store.Disk} {
		mem, markers := vfs.NewCrashableMem(), 0
		fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			_, file, ok := strings.Cut(path.Base(op.Path), "MANIFEST-")
			if op.Kind != errorfs.OpCreate || !ok || !strings.Contains(op.Path, "pebble/marker.") {
				return nil
			}
			markers++
			left := mem.CrashClone(vfs.CrashCloneCfg{}) // what was synced, no more
			_, err := left.Stat(path.Join(path.Dir(op.Path), "MANIFEST-"+file))
			assert.NoError(t, err)
			return nil
		}))
		for range 2 {
			s := open(t, options(fs, durability, logtest.NewClock().Now))
			require.NoError(t, s.Close())
		}
		assert.Positive(t, markers)
	}
}
