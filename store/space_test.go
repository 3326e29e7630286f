package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/kv"
	"sluice/store/kv/kvtest"
	"sluice/store/log/logtest"
)

func TestSpaceContract(t *testing.T) {
	for _, durability := range []store.Durability{store.Process, store.Disk} {
		t.Run(string(durability), func(t *testing.T) { kvtest.RunSpace(t, storedSpace(durability)) })
	}
}

func storedSpace(durability store.Durability) func(t *testing.T) *kvtest.SpaceInstance {
	now := logtest.NewClock().Now
	return func(t *testing.T) *kvtest.SpaceInstance {
		d := newDisk()
		o := options(d.fs, durability, now)
		o.MemTableBytes = 1 << 20
		s := open(t, o)
		t.Cleanup(func() { _ = s.Close() })
		return &kvtest.SpaceInstance{
			Space: s.Space("test"),
			Reopen: func(t *testing.T) kv.Space {
				_ = s.Close() // reports the failure of a store that failed
				s = open(t, o)
				return s.Space("test")
			},
			Crash: func(t *testing.T) kv.Space {
				left := d.afterKill()
				if durability == store.Disk {
					left = d.afterPowerLoss(50)
				}
				copied := open(t, options(left, durability, now))
				t.Cleanup(func() { _ = copied.Close() })
				return copied.Space("test")
			},
			Full: d.full.Store,
			Fail: d.fail.Store,
		}
	}
}

func pairsOf(t testing.TB, space kv.Space) []string {
	t.Helper()
	got := []string{}
	require.NoError(t, space.Scan(ctx, nil, nil, false, func(key, value []byte) (bool, error) {
		got = append(got, fmt.Sprintf("%s=%s", key, value))
		return true, nil
	}))
	return got
}

func setPairs(t *testing.T, space kv.Space, pairs ...string) {
	t.Helper()
	b := &kv.Batch{}
	for i := 0; i < len(pairs); i += 2 {
		b.Set([]byte(pairs[i]), []byte(pairs[i+1]))
	}
	require.NoError(t, space.Commit(ctx, b))
}

// TestSpaceNamespaces checks that spaces see neither each other nor the
// catalogs of their names.
func TestSpaceNamespaces(t *testing.T) {
	now := logtest.NewClock().Now
	stored := open(t, options(newDisk().fs, store.Process, now))
	defer func() { require.NoError(t, stored.Close()) }()
	for _, s := range []*store.Store{open(t, store.Options{Memory: true, Now: now}), stored} {
		setPairs(t, s.Space("a"), "bx", "a's")
		setPairs(t, s.Space("ab"), "x", "ab's", "", "e")
		_, err := s.Catalog("a", replace).Propose(ctx, kv.Command{Key: "x", Body: []byte("catalog's")})
		require.NoError(t, err)
		b := &kv.Batch{}
		b.DeleteRange(nil, nil)
		require.NoError(t, s.Space("other").Commit(ctx, b))
		assert.Equal(t, []string{"bx=a's"}, pairsOf(t, s.Space("a")))
		assert.Equal(t, []string{"=e", "x=ab's"}, pairsOf(t, s.Space("ab")))
		assert.Empty(t, pairsOf(t, s.Space("other")))
	}
}

// TestSpaceCopies takes a space along in a checkpoint, an image, and from the
// one to the other and back.
func TestSpaceCopies(t *testing.T) {
	now := logtest.NewClock().Now
	d := newDisk()
	stored := open(t, options(d.fs, store.Process, now))
	setPairs(t, stored.Space("a"), "k", "1", "", "2")
	require.NoError(t, stored.Checkpoint("copy"))
	setPairs(t, stored.Space("a"), "k", "later")

	o := options(d.fs, store.Process, now)
	o.Dir = "copy"
	kept := open(t, o)
	assert.Equal(t, []string{"=2", "k=1"}, pairsOf(t, kept.Space("a")))
	g := &store.Gatherer{}
	require.NoError(t, kept.Pairs(func(key, value []byte) error {
		require.NoError(t, store.CheckPair(key, value))
		return g.Add(append([]byte(nil), key...), append([]byte(nil), value...))
	}))
	require.NoError(t, kept.Close())
	require.NoError(t, stored.Close())

	image, err := g.Image()
	require.NoError(t, err)
	assert.Equal(t, int64(3), image.Bytes())
	memory, err := image.Open(store.Options{Now: now})
	require.NoError(t, err)
	assert.Equal(t, []string{"=2", "k=1"}, pairsOf(t, memory.Space("a")))
	setPairs(t, memory.Space("a"), "z", "3")
	again := memory.Image()
	setPairs(t, memory.Space("a"), "z", "4")

	second, err := again.Open(store.Options{Now: now})
	require.NoError(t, err)
	assert.Equal(t, []string{"=2", "k=1", "z=3"}, pairsOf(t, second.Space("a")))

	o.Dir = "filled"
	filled := open(t, o)
	fill := filled.Fill()
	require.NoError(t, again.Pairs(fill.Add))
	require.NoError(t, fill.Flush())
	assert.Equal(t, []string{"=2", "k=1", "z=3"}, pairsOf(t, filled.Space("a")))
	require.NoError(t, filled.Close())
}

// TestSpaceReserve checks that a disk short of space refuses what grows and
// takes what frees.
func TestSpaceReserve(t *testing.T) {
	d := newDisk()
	o := options(d.fs, store.Disk, func() time.Time { return time.UnixMilli(0) })
	o.ReserveBytes = 64 << 20
	s := open(t, o)
	defer func() { require.NoError(t, s.Close()) }()
	d.mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 30})
	space := s.Space("a")
	setPairs(t, space, "k", string(make([]byte, 5<<20)))
	d.mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 63 << 20})
	for range 2 {
		b := &kv.Batch{}
		b.Set([]byte("k"), make([]byte, 5<<20))
		require.ErrorIs(t, space.Commit(ctx, b), store.ErrFull)
	}
	b := &kv.Batch{}
	b.Delete([]byte("k"))
	require.NoError(t, space.Commit(ctx, b))
	assert.Empty(t, pairsOf(t, space))
}
