package store_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/kv"
	"sluice/store/log"
	"sluice/store/log/logtest"
)

// world reads the one entity that tells the old state from the new.
func world(t *testing.T, fs vfs.FS) string {
	t.Helper()
	s := open(t, options(fs, store.Process, logtest.NewClock().Now))
	defer func() { require.NoError(t, s.Close()) }()
	v, err := s.Catalog("test", replace).Get(ctx, "world")
	require.NoError(t, err)
	return string(v.State)
}

func set(t *testing.T, s *store.Store, state string) {
	t.Helper()
	c := s.Catalog("test", replace)
	v, err := c.Get(ctx, "world")
	require.NoError(t, err)
	_, err = c.Propose(ctx, kv.Command{Key: "world", Expect: v.Version, Body: []byte(state)})
	require.NoError(t, err)
}

// twoWorlds makes a data folder in an old state and a kept one in a new.
func twoWorlds(t *testing.T) *vfs.MemFS {
	t.Helper()
	fs := vfs.NewCrashableMem()
	s := open(t, options(fs, store.Process, logtest.NewClock().Now))
	set(t, s, "new")
	require.NoError(t, fs.MkdirAll("data/kept", 0o755))
	require.NoError(t, s.Checkpoint("data/kept/x"))
	above, err := fs.OpenDir("data")
	require.NoError(t, err)
	require.NoError(t, above.Sync())
	set(t, s, "old")
	require.NoError(t, s.Close())
	return fs
}

// exchange is a restore as far as the disk sees it, and then its undoing.
func exchange(fs vfs.FS, undo bool) error {
	if err := store.Stage(fs, "data/kept/x", "data/staged"); err != nil {
		return err
	}
	if _, err := store.Exchange(fs, "data", "data/staged"); err != nil {
		return err
	}
	if undo {
		if err := store.TakeBack(fs, "data"); err != nil {
			return err
		}
	}
	return store.DropReplaced(fs, "data")
}

// However a restore is cut short, by a kill or by power loss and at whichever
// change to the disk, the next start finds the old state or the new, whole. A
// second start finds the same, and nothing of what was kept is harmed.
func TestExchangeCutShort(t *testing.T) {
	for _, undo := range []bool{false, true} {
		for _, unsynced := range []int{100, 0} {
			seen := map[string]int{}
			for at := int64(1); ; at++ {
				mem := twoWorlds(t)
				var n atomic.Int64
				var left *vfs.MemFS
				fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
					if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && n.Add(1) == at {
						left = crashed(mem, unsynced, rand.New(rand.NewPCG(1, uint64(at))))
					}
					return nil
				}))
				require.NoError(t, exchange(fs, undo))
				if left == nil {
					break
				}
				found := world(t, left)
				require.Contains(t, []string{"old", "new"}, found, "cut short before change %d", at)
				require.Equal(t, found, world(t, left))
				seen[found]++
				require.NoError(t, left.RemoveAll("data/staged"))
				require.NoError(t, exchange(left, false), "the next restore works")
				require.Equal(t, "new", world(t, left))
			}
			t.Logf("undone %v, unsynced %d%%: %v", undo, unsynced, seen)
			require.Positive(t, seen["old"])
			require.Positive(t, seen["new"])
		}
	}
}

// An exchange of which any step fails can be taken back once it was decided;
// before that nothing has happened.
func TestExchangeFails(t *testing.T) {
	undone := 0
	for at := int64(1); ; at++ {
		mem := twoWorlds(t)
		require.NoError(t, store.Stage(mem, "data/kept/x", "data/staged"))
		var n atomic.Int64
		fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if (op.Kind == errorfs.OpRename || op.Kind == errorfs.OpFileSync) && n.Add(1) == at {
				return errors.New("no change")
			}
			return nil
		}))
		decided, err := store.Exchange(fs, "data", "data/staged")
		if err == nil {
			require.Equal(t, "new", world(t, mem))
			break
		}
		if decided {
			undone++
			require.NoError(t, store.TakeBack(mem, "data"))
		}
		require.Equal(t, "old", world(t, mem), "failed at %d", at)
		require.NoError(t, store.DropReplaced(mem, "data"))
		require.Equal(t, "old", world(t, mem))
	}
	require.Equal(t, 5, undone, "steps after the decision: three syncs, two renames")
}

// What a memory store holds and what a disk store holds are the same pairs.
func TestImageAndPairs(t *testing.T) {
	clock := logtest.NewClock()
	h := script()
	s := open(t, options(vfs.NewMem(), store.Process, clock.Now))
	require.NoError(t, h.play(s, clock))
	var g store.Gatherer
	fill := func(put func(k, v []byte) error) func(k, v []byte) error {
		return func(k, v []byte) error {
			require.NoError(t, store.CheckPair(k, v))
			return put(bytes.Clone(k), bytes.Clone(v))
		}
	}
	require.NoError(t, s.Pairs(fill(g.Add)))
	require.NoError(t, s.Close())
	image, err := g.Image()
	require.NoError(t, err)
	inMemory, err := image.Open(store.Options{Now: clock.Now})
	require.NoError(t, err)
	require.Zero(t, lost(h.present(t, inMemory), int64(len(h.steps))))

	// And back, after the image was taken again; the store it is of goes on.
	again := inMemory.Image()
	require.NoError(t, step{ids: h.steps[0].ids, text: h.steps[0].text}.do(inMemory.Log("test"), nil))
	require.Equal(t, image.Bytes(), again.Bytes())
	back := open(t, options(vfs.NewMem(), store.Disk, clock.Now))
	to := back.Fill()
	require.NoError(t, again.Pairs(fill(to.Add)))
	require.NoError(t, to.Flush())
	require.Zero(t, lost(h.present(t, back), int64(len(h.steps))))
	commit, err := back.Log("test").Append(ctx, []log.Entry{{Log: h.steps[0].ids[0], PartitionKey: "k", Data: []byte("next")}})
	require.NoError(t, err)
	require.EqualValues(t, 52, commit.Placed()[0].Position)
	require.NoError(t, commit.Wait())
	require.NoError(t, back.Close())
}

// A data folder that begins with something is there with all of it or new.
func TestFoundCutShort(t *testing.T) {
	for at := int64(1); ; at += 2 {
		mem := vfs.NewCrashableMem()
		var n atomic.Int64
		var left *vfs.MemFS
		o := options(errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && n.Add(1) == at {
				left = crashed(mem, 100, newDisk().dice)
			}
			return nil
		})), store.Process, logtest.NewClock().Now)
		fill := func(s *store.Store) error { set(t, s, "founded"); return nil }
		require.NoError(t, store.Found(o, fill))
		require.ErrorContains(t, store.Found(o, fill), "data is a data folder already")
		if left == nil {
			require.Equal(t, "founded", world(t, mem))
			break
		}
		o.FS = left
		if err := store.Found(o, fill); err != nil {
			require.ErrorContains(t, err, "data is a data folder already")
		}
		require.Equal(t, "founded", world(t, left))
	}
}
