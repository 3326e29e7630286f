package engine

import (
	"errors"
	"runtime"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
)

// TestRefusedInATable: a memtable that has a write whose commit is under way is
// written out, and then the commit fails. No table has the write, or the recovery
// would bring back what was refused.
func TestRefusedInATable(t *testing.T) {
	e, err := Open(Config{FS: vfs.NewMem(), Dir: "pebble"})
	require.NoError(t, err)
	there := func(key string) bool {
		_, closer, err := e.db.Get([]byte(key))
		if errors.Is(err, pebble.ErrNotFound) {
			return false
		}
		require.NoError(t, err)
		return closer.Close() == nil
	}
	batch := func(key string) *Batch {
		b, err := e.NewBatch(0)
		require.NoError(t, err)
		require.NoError(t, b.Set([]byte(key), make([]byte, 100), nil))
		return b
	}
	require.NoError(t, batch("before").Submit(func(error) {}).Wait())
	broken := errors.New("broken")
	b := batch("refused")
	b.During = func() error {
		for !there("refused") {
			runtime.Gosched()
		}
		done, err := e.db.AsyncFlush()
		if err != nil {
			return err
		}
		for range 10_000 { // enough for a table that nobody keeps from being written
			select {
			case <-done:
				return broken
			default:
				runtime.Gosched()
			}
		}
		return broken
	}
	require.ErrorIs(t, b.Submit(func(error) {}).Wait(), broken)
	require.NoError(t, e.Ready())
	require.True(t, there("before"))
	require.False(t, there("refused"), "what was refused is there")
	require.NoError(t, batch("after").Submit(func(error) {}).Wait())
	require.NoError(t, e.db.Flush())
	require.NoError(t, e.Close())
}
