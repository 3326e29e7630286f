package s3

import (
	"math/rand/v2"
	"net/http"
	"path"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"sluice/store/blob"
	"sluice/store/log/logtest"
)

// TestKilledAfterARefusal: the row of a put whose commit failed, for its
// log could not be synced, may be found when the process is killed before the store
// has recovered. It then has its body, or the object would be lost that it replaces.
func TestKilledAfterARefusal(t *testing.T) {
	var fails atomic.Bool
	mem := vfs.NewCrashableMem()
	w := onFS(t, errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if fails.Load() && path.Ext(op.Path) == ".log" && slices.Contains([]errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo}, op.Kind) {
			return syscall.EIO
		}
		return nil
	})))
	w.open()
	first, second := large(100_000), large(200_001)
	w.do(http.MethodPut, "/things", "").ok()
	w.do(http.MethodPut, "/things/file", first).ok()
	fails.Store(true)
	require.Equal(t, http.StatusInternalServerError, w.do(http.MethodPut, "/things/file", second).status)
	left := logtest.AfterKill(mem, rand.New(rand.NewPCG(1, 2)))
	fails.Store(false)

	after := onFS(t, left)
	after.open()
	got := after.do(http.MethodGet, "/things/file", "").ok()
	require.True(t, got.body == first || got.body == second, "it has %d bytes", len(got.body))

	// And no file stays behind when the store has recovered.
	w.do(http.MethodPut, "/things/small", "x").ok()
	require.Empty(t, w.doubts.take())
	swept, err := w.bodies.Sweep(func(from, to blob.ID) ([]blob.ID, error) { return w.filesInUse(w.ctx(), from, to) })
	require.NoError(t, err)
	require.Zero(t, swept.Removed)
	require.Empty(t, swept.Missing)
	require.True(t, w.do(http.MethodGet, "/things/file", "").ok().body == first)
}
