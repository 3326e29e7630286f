package engine

import (
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"
)

// TestCheckpointOfAFailingDisk: a table that cannot be linked is copied, and a
// copy that fails ends the checkpoint. Nobody waits for a recovery then, which
// waits for the checkpoint; and afterwards all is well again.
func TestCheckpointOfAFailingDisk(t *testing.T) {
	var failing atomic.Bool
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		copied := op.Kind == errorfs.OpCreate && strings.HasPrefix(op.Path, "copy/")
		if failing.Load() && strings.HasSuffix(op.Path, ".sst") && (copied || op.Kind == errorfs.OpLink) {
			return syscall.EIO
		}
		return nil
	}))
	e, err := Open(Config{FS: fs, Dir: "pebble"})
	require.NoError(t, err)
	put := func(key string) {
		b, err := e.NewBatch(0)
		require.NoError(t, err)
		require.NoError(t, b.Set([]byte(key), make([]byte, 100), nil))
		require.NoError(t, b.Submit(func(error) {}).Wait())
	}
	put("a")
	require.NoError(t, e.db.Flush())
	failing.Store(true)
	done := make(chan error, 1)
	go func() { done <- e.Checkpoint("copy") }()
	select {
	case err := <-done:
		require.ErrorIs(t, err, syscall.EIO)
	case <-time.After(time.Minute):
		t.Fatal("the checkpoint waits for ever")
	}
	failing.Store(false)
	require.NoError(t, e.Ready())
	put("b")
	require.NoError(t, e.Checkpoint("another"))
	require.NoError(t, e.Close())
}
