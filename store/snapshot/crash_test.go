package snapshot

import (
	"fmt"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/kv"
	"sluice/store/log/logtest"
)

// replace is the apply function of these tests: the body is the new state.
func replace(_ []byte, c kv.Command) ([]byte, error) { return c.Body, nil }

func propose(t *testing.T, st *store.Store, key, state string) {
	t.Helper()
	_, err := st.Catalog("test", replace).Propose(t.Context(), kv.Command{Key: key, Body: []byte(state)})
	require.NoError(t, err)
}

// shelfOn opens a store and its shelf on a disk.
func shelfOn(t *testing.T, fs vfs.FS) (*store.Store, Shelf) {
	t.Helper()
	st, err := store.Open(options(fs))
	require.NoError(t, err)
	shelf, err := OnDisk(options(fs))
	require.NoError(t, err)
	return st, shelf
}

func times() (created, service time.Time) { return time.Now(), time.Now() }

// However a save or a deletion is cut short, and at whichever change to the
// disk, a snapshot is there whole or not at all, and once the call has
// returned it stays, power loss included.
func TestSaveCutShort(t *testing.T) {
	for _, unsynced := range []int{100, 0} {
		saved, missing := 0, 0
		for at := int64(1); ; at++ {
			mem := vfs.NewCrashableMem()
			var n atomic.Int64
			var left *vfs.MemFS
			var armed atomic.Bool
			dice := rand.New(rand.NewPCG(1, uint64(at)))
			crash := func() {
				if left = logtest.AfterPowerLoss(mem, 0, dice); unsynced == 100 {
					left = logtest.AfterKill(mem, dice)
				}
			}
			st, shelf := shelfOn(t, errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
				if armed.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite && n.Add(1) == at {
					crash()
				}
				return nil
			})))
			propose(t, st, "world", "kept")
			armed.Store(true)
			_, err := shelf.Save(st, "mine", times)
			require.NoError(t, err)
			armed.Store(false)
			last := left == nil
			if last {
				crash()
			}
			require.NoError(t, st.Close())

			st, shelf = shelfOn(t, left)
			list, err := shelf.List()
			require.NoError(t, err)
			if len(list) == 0 {
				require.False(t, last, "it was acknowledged")
				missing++
			} else {
				saved++
				require.Equal(t, "kept", worldOf(t, shelf, "mine"))
				require.NoError(t, shelf.Export("mine", io.Discard))
			}
			require.NoError(t, st.Close())
			names, err := left.List("data/snapshots")
			require.NoError(t, err)
			require.Len(t, names, len(list), "unfinished folders are gone")
			if last {
				break
			}
		}
		t.Logf("unsynced %d%%: %d moments without, %d with the snapshot", unsynced, missing, saved)
		require.Positive(t, saved)
		require.Positive(t, missing)
	}
}

// worldOf reads the one entity of a snapshot.
func worldOf(t *testing.T, shelf Shelf, name string) (state string) {
	t.Helper()
	staged, err := shelf.Stage(name)
	require.NoError(t, err)
	require.NoError(t, staged.Adjust(func(st *store.Store) error {
		v, err := st.Catalog("test", replace).Get(t.Context(), "world")
		state = string(v.State)
		return err
	}))
	require.NoError(t, staged.Drop())
	return state
}

// A disk that fails anywhere in a save or an import is an error, and leaves a
// shelf that works.
func TestShelfOnAFailingDisk(t *testing.T) {
	for at := int64(1); ; at += 3 {
		var n atomic.Int64
		var armed atomic.Bool
		mem := vfs.NewMem()
		st, shelf := shelfOn(t, errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if armed.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite && op.Kind != errorfs.OpFileClose && op.Kind != errorfs.OpRemoveAll && n.Add(1) == at {
				return fmt.Errorf("the disk fails")
			}
			return nil
		})))
		propose(t, st, "world", "kept")
		armed.Store(true)
		_, err := shelf.Save(st, "mine", times)
		armed.Store(false)
		if err == nil {
			require.NoError(t, st.Close())
			break
		}
		list, err := shelf.List()
		require.NoError(t, err)
		if len(list) == 0 {
			_, err = shelf.Save(st, "mine", times)
			require.NoError(t, err, "failed at %d", at)
		}
		require.Equal(t, "kept", worldOf(t, shelf, "mine"))
		_ = st.Close()
	}
}
