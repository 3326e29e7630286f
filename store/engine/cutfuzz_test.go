package engine

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/stretchr/testify/require"
)

// random makes batches over few keys, with values of their own, and says which of
// those are lost.
func random(dice *rand.Rand) (h batches, lost map[string]bool) {
	lost = map[string]bool{}
	key := func() string { return fmt.Sprintf("k%02d", dice.IntN(20)) }
	rate := []int{0, 2, 10}[dice.IntN(3)]
	for i := range 1 + dice.IntN(60) {
		var ops []op
		for j := range 1 + dice.IntN(4) {
			switch n := dice.IntN(20); {
			case n < 3:
				ops = append(ops, op("-"+key()))
			case n < 5:
				ops = append(ops, op(key()+":"+key()))
			default:
				value := fmt.Sprint("v", i, ".", j)
				ops = append(ops, op(key()+"="+value))
				if dice.IntN(100) < rate {
					lost[value] = true
				}
			}
		}
		h = append(h, ops)
	}
	return h, lost
}

// TestCutAtRandom compares the cut with the longest beginning of a history that
// leaves nothing bad.
func TestCutAtRandom(t *testing.T) {
	for seed := range uint64(40) {
		dice := rand.New(rand.NewPCG(seed, 0))
		h, lost := random(dice)
		_, want := h.left(lost)
		c := config(h.killed(t, []int{0, 10, 4000}[dice.IntN(3)], true))
		c.Rows, c.Restarted = &besides{lost: lost}, true
		e, err := Open(c)
		require.NoError(t, err)
		require.NoError(t, e.Read(func(r pebble.Reader) error { require.Equal(t, want, everything(t, r), "seed %d", seed); return nil }))
		require.NoError(t, e.Close())
	}
}

// FuzzCut puts anything in the place of a log: nothing ends the process, an
// opening that Pebble survives shows a beginning of what was written, and all of
// it when the log is as it was.
func FuzzCut(f *testing.F) {
	h := batches{{"a"}, {"b", "c"}, {"-a"}, {"d=x"}, {"a:c"}, {"e"}}
	f.Add(0, []byte{})
	f.Add(100, []byte{1, 2, 3})
	f.Add(60, make([]byte, 300))
	f.Fuzz(func(t *testing.T, at int, with []byte) {
		left := h.killed(t, 10, true)
		logs := logsOf(t, left)
		overwrite(t, left, logs[len(logs)-1], func(b []byte) []byte {
			if at = max(at, 0) % (len(b) + 1); len(with) > 0 {
				b = append(b[:at], with...)
			}
			return b
		})
		c := config(left)
		c.Rows, c.Restarted = &besides{lost: map[string]bool{}}, true
		e, err := Open(c)
		if err != nil {
			return
		}
		require.NoError(t, e.Read(func(r pebble.Reader) error {
			there := everything(t, r)
			for n := range len(h) + 1 {
				if _, want := h[:n].left(nil); fmt.Sprint(want) == fmt.Sprint(there) && (n == len(h) || len(with) > 0) {
					return nil
				}
			}
			t.Errorf("no beginning of the history: %v", there)
			return nil
		}))
		require.NoError(t, e.Close())
	})
}

// FuzzChanges: whatever a record holds, nothing ends the process, and what is a
// batch is read as Pebble reads it.
func FuzzChanges(f *testing.F) {
	f.Add([]byte("123456781234\x01\x01a\x01b\x00\x01c\x0f\x01d\x01e"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		err := eachChange(b, func(_ pebble.InternalKeyKind, key, value []byte) error {
			n++
			require.LessOrEqual(t, len(key)+len(value), len(b))
			return nil
		})
		if err == nil {
			require.LessOrEqual(t, 2*n, len(b))
		}
	})
}
