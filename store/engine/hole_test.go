package engine

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestHoleOfAKill: the log of a killed process has a bit that differs, or a stretch
// of zeros. What is behind it was acknowledged, and is not passed over: the opening
// is refused, but for damage to the very last write, which looks like one that the
// kill has cut off.
func TestHoleOfAKill(t *testing.T) {
	var h batches
	for i := range 12 {
		h = append(h, []op{op(fmt.Sprintf("k%02d", i))})
	}
	for _, size := range []int{40, 3500} { // within a block, and over several
		left := h.killed(t, size, true)
		logs := logsOf(t, left)
		path := logs[len(logs)-1]
		whole, err := contents(left, path)
		require.NoError(t, err)
		number, ok := logNumber(left.PathBase(path))
		require.True(t, ok)
		_, how, err := TornAt(vfs.NewMemFile(whole), int64(len(whole)), uint32(number))
		require.NoError(t, err)
		require.Equal(t, Fits, how)
		refused := 0
		for at := 3; at < len(whole); at += 1 + len(whole)/60 {
			for what, change := range map[string]func(b []byte){
				"a bit":  func(b []byte) { b[at] ^= 4 },
				"zeroes": func(b []byte) { clear(b[at:min(at+60, len(b))]) },
			} {
				broken := append([]byte(nil), whole...)
				change(broken)
				if string(broken) == string(whole) {
					continue
				}
				there, err := openBroken(t, left, path, broken)
				if err != nil {
					require.True(t, IsDamage(err), "%v", err)
					refused++
					continue
				}
				// All but the last, or the last two when it is in both.
				assert.GreaterOrEqual(t, there, len(h)-2, "%s at %d of %d", what, at, len(whole))
				assert.True(t, what == "zeroes" || there >= len(h)-1, "a bit at %d of %d", at, len(whole))
				_, how, err := TornAt(vfs.NewMemFile(broken), int64(len(broken)), uint32(number))
				require.NoError(t, err)
				assert.NotEqual(t, GoesOn, how)
			}
		}
		require.Greater(t, refused, 40)
	}
}

// openBroken opens a killed database whose log has other bytes, on a disk of its
// own, and tells how much is in it.
func openBroken(t *testing.T, left *vfs.MemFS, path string, log []byte) (there int, err error) {
	t.Helper()
	mem := vfs.NewMem()
	names, err := left.List("pebble")
	require.NoError(t, err)
	require.NoError(t, mem.MkdirAll("pebble", 0o755))
	for _, name := range names {
		b, err := contents(left, left.PathJoin("pebble", name))
		require.NoError(t, err)
		require.NoError(t, writeSynced(mem, mem.PathJoin("pebble", name), b))
	}
	require.NoError(t, writeSynced(mem, path, log))
	e, err := Open(config(mem))
	if err != nil {
		return 0, err
	}
	there = len(everything(t, e.db))
	return there, e.Close()
}

// TestHoleOfAPowerFailure: where the machine was started anew what follows a hole
// need not have been acknowledged; the database is opened without it.
func TestHoleOfAPowerFailure(t *testing.T) {
	h := batches{{"a"}, {"b"}, {"c"}, {"d"}}
	for _, torn := range []bool{false, true} {
		left := h.killed(t, 100, true)
		logs := logsOf(t, left)
		overwrite(t, left, logs[len(logs)-1], func(b []byte) []byte {
			b[len(b)/2] ^= 1
			return b
		})
		c := config(left)
		c.Restarted, c.MayBeTorn = true, torn
		e, err := Open(c)
		require.NoError(t, err)
		there := everything(t, e.db)
		require.Contains(t, there, "a")
		require.NotContains(t, there, "d")
		require.NoError(t, e.Close())
	}
}
