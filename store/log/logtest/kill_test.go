package logtest_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"sluice/store/log/logtest"
)

// TestOpening: of those who open a file at once that does not exist nobody loses
// what he writes.
func TestOpening(t *testing.T) {
	fs := logtest.Opening(vfs.NewMem())
	const writers = 4
	for n := range 200 {
		name := fmt.Sprint("file-", n)
		var working sync.WaitGroup
		for i := range int64(writers) {
			working.Go(func() {
				f, err := fs.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
				if err == nil {
					_, err = f.WriteAt([]byte("x"), i)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		working.Wait()
		f, err := fs.Open(name)
		require.NoError(t, err)
		b := make([]byte, writers)
		_, err = f.ReadAt(b, 0)
		require.NoError(t, err)
		require.Equal(t, "xxxx", string(b))
	}
}

// TestAfterKill: a removal outlives a kill though its folder was synced before.
func TestAfterKill(t *testing.T) {
	mem := vfs.NewCrashableMem()
	for _, name := range []string{"stays", "goes"} {
		_, err := mem.Create(name, vfs.WriteCategoryUnspecified)
		require.NoError(t, err)
	}
	root, err := mem.OpenDir("/")
	require.NoError(t, err)
	require.NoError(t, root.Sync())
	require.NoError(t, mem.Remove("goes"))
	names, err := logtest.AfterKill(mem, rand.New(rand.NewPCG(1, 2))).List("/")
	require.NoError(t, err)
	require.Equal(t, []string{"stays"}, names)
}

// TestAfterPowerLoss: what was removed is there again or gone, each by itself, and
// what was renamed has one name or the other, as has all that is in it.
func TestAfterPowerLoss(t *testing.T) {
	mem := vfs.NewCrashableMem()
	sync := func(dir string) {
		d, err := mem.OpenDir(dir)
		require.NoError(t, err)
		require.NoError(t, d.Sync())
	}
	for _, dir := range []string{"/data/records", "/old/records"} {
		require.NoError(t, mem.MkdirAll(dir, 0o755))
		for _, name := range []string{"one", "two"} {
			_, err := mem.Create(dir+"/"+name, vfs.WriteCategoryUnspecified)
			require.NoError(t, err)
		}
		sync(dir)
		sync(mem.PathDir(dir))
	}
	sync("/")
	require.NoError(t, mem.Remove("/data/records/one"))
	require.NoError(t, mem.Remove("/data/records/two"))
	require.NoError(t, mem.Rename("/old", "/new"))
	seen := map[string]int{}
	for seed := range uint64(200) {
		left := logtest.AfterPowerLoss(mem, int(seed%101), rand.New(rand.NewPCG(seed, 1)))
		names, err := left.List("/data/records")
		require.NoError(t, err)
		seen[fmt.Sprint(len(names))]++
		for _, dir := range []string{"/old", "/new"} {
			if names, err := left.List(dir + "/records"); err == nil {
				require.Len(t, names, 2)
				seen[dir]++
			}
		}
		require.GreaterOrEqual(t, seen["/old"]+seen["/new"], int(seed)+1)
	}
	for _, what := range []string{"0", "1", "2", "/old", "/new"} {
		require.Positive(t, seen[what], what)
	}
}
