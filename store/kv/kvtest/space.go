package kvtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store/kv"
)

// SpaceInstance is a space under test, and what can be done to what is behind
// it. A nil function means that this kind of space has no such thing.
type SpaceInstance struct {
	Space kv.Space
	// Reopen closes the space in an orderly way and opens it again.
	Reopen func(t *testing.T) kv.Space
	// Crash opens a copy of what the promised crash would leave now.
	Crash func(t *testing.T) kv.Space
	// Full makes the disk full, or gives space back.
	Full func(full bool)
	// Fail makes writes fail, or lets them succeed again.
	Fail func(fail bool)
}

// RunSpace runs the suite of kv.Space over empty spaces that open makes.
func RunSpace(t *testing.T, open func(t *testing.T) *SpaceInstance) {
	tests := []struct {
		name string
		run  func(t *testing.T, h *spaceHarness)
	}{
		{"Order", testSpaceOrder},
		{"Bounds", testSpaceBounds},
		{"LaterWins", testSpaceLaterWins},
		{"Ranges", testSpaceRanges},
		{"OwnsNothing", testSpaceOwnsNothing},
		{"OneMoment", testSpaceOneMoment},
		{"Model", testSpaceModel},
		{"ScanSeeks", testSpaceScanSeeks},
		{"Restart", testSpaceRestart},
		{"Crash", testSpaceCrash},
		{"FailedWrite", testSpaceFailedWrite},
		{"FullDisk", testSpaceFull},
		{"Concurrent", testSpaceConcurrent},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := open(t)
			test.run(t, &spaceHarness{t: t, in: in, space: in.Space})
		})
	}
}

type spaceHarness struct {
	t     *testing.T
	in    *SpaceInstance
	space kv.Space
}

func (h *spaceHarness) set(pairs ...string) {
	h.t.Helper()
	b := &kv.Batch{}
	for i := 0; i < len(pairs); i += 2 {
		b.Set([]byte(pairs[i]), []byte(pairs[i+1]))
	}
	require.NoError(h.t, h.space.Commit(ctx, b))
}

func (h *spaceHarness) get(key string) string {
	h.t.Helper()
	v, ok, err := h.space.Get(ctx, []byte(key))
	require.NoError(h.t, err)
	if !ok {
		require.Nil(h.t, v)
		return "-"
	}
	return string(v)
}

// scan returns what a scan sees as "key=value".
func (h *spaceHarness) scan(from, to []byte, reverse bool) []string {
	h.t.Helper()
	got := []string{}
	err := h.space.Scan(ctx, from, to, reverse, func(key, value []byte) (bool, error) {
		got = append(got, string(key)+"="+string(value))
		return true, nil
	})
	require.NoError(h.t, err)
	return got
}

func (h *spaceHarness) all() []string { h.t.Helper(); return h.scan(nil, nil, false) }

func testSpaceOrder(t *testing.T, h *spaceHarness) {
	assert.Empty(t, h.all())
	assert.Equal(t, "-", h.get("a"))
	h.set("b/2", "1", "a", "2", "b/1", "3", "b\xff", "4", "b", "5", "\x00", "6", "\xff\xff", "7", "b/\x00", "")
	want := []string{"\x00=6", "a=2", "b=5", "b/\x00=", "b/1=3", "b/2=1", "b\xff=4", "\xff\xff=7"}
	assert.Equal(t, want, h.all())
	slices.Reverse(want)
	assert.Equal(t, want, h.scan(nil, nil, true))
	assert.Equal(t, "", h.get("b/\x00"), "an empty value is a value")
	h.set("", "an empty key is a key")
	assert.Equal(t, "an empty key is a key", h.get(""))
	assert.Equal(t, "=an empty key is a key", h.all()[0])
}

func testSpaceBounds(t *testing.T, h *spaceHarness) {
	h.set("a", "1", "b", "2", "c", "3", "d", "4")
	b := func(s string) []byte { return []byte(s) }
	assert.Equal(t, []string{"b=2", "c=3"}, h.scan(b("b"), b("d"), false))
	assert.Equal(t, []string{"c=3", "b=2"}, h.scan(b("b"), b("d"), true))
	assert.Equal(t, []string{"c=3", "d=4"}, h.scan(b("b\x00"), nil, false))
	assert.Equal(t, []string{"d=4", "c=3"}, h.scan(b("b\x00"), nil, true))
	assert.Equal(t, []string{"a=1"}, h.scan(nil, b("b"), true))
	assert.Empty(t, h.scan(b("d"), b("b"), false))
	assert.Empty(t, h.scan(b("b"), b("b"), true))
	assert.Empty(t, h.scan(nil, []byte{}, false), "an end that is empty is before everything")
	n := 0
	require.NoError(t, h.space.Scan(ctx, nil, nil, false, func(_, _ []byte) (bool, error) { n++; return n < 2, nil }))
	assert.Equal(t, 2, n)
	err := h.space.Scan(ctx, nil, nil, true, func(_, _ []byte) (bool, error) { return true, errRefused })
	require.ErrorIs(t, err, errRefused)
}

func testSpaceLaterWins(t *testing.T, h *spaceHarness) {
	b := &kv.Batch{}
	b.Set([]byte("a"), []byte("1"))
	b.Set([]byte("a"), []byte("2"))
	b.Set([]byte("b"), []byte("1"))
	b.Delete([]byte("b"))
	b.Delete([]byte("c"))
	b.Set([]byte("c"), []byte("1"))
	b.DeleteRange([]byte("a"), []byte("z"))
	require.NoError(t, h.space.Commit(ctx, b))
	assert.Equal(t, []string{"a=2", "c=1"}, h.all(), "ranges go first")
	require.NoError(t, h.space.Commit(ctx, &kv.Batch{}), "nothing is a change too")
}

func testSpaceRanges(t *testing.T, h *spaceHarness) {
	h.set("a", "1", "b", "2", "c", "3", "d", "4")
	b := &kv.Batch{}
	b.DeleteRange([]byte("b"), []byte("d"))
	b.DeleteRange([]byte("x"), []byte("b")) // nothing
	require.NoError(t, h.space.Commit(ctx, b))
	assert.Equal(t, []string{"a=1", "d=4"}, h.all())
	b = &kv.Batch{}
	b.DeleteRange([]byte("b"), nil)
	require.NoError(t, h.space.Commit(ctx, b))
	assert.Equal(t, []string{"a=1"}, h.all())
	b = &kv.Batch{}
	b.DeleteRange(nil, nil)
	require.NoError(t, h.space.Commit(ctx, b))
	assert.Empty(t, h.all())
}

func testSpaceOwnsNothing(t *testing.T, h *spaceHarness) {
	key, value := []byte("key"), []byte("before")
	b := &kv.Batch{}
	b.Set(key, value)
	require.NoError(t, h.space.Commit(ctx, b))
	got, _, err := h.space.Get(ctx, key)
	require.NoError(t, err)
	copy(value, "after!")
	copy(key, "yek")
	assert.Equal(t, "before", string(got))
	assert.Equal(t, []string{"key=before"}, h.all())
	h.set("key", "second")
	assert.Equal(t, "before", string(got), "what Get returned stays valid")
}

// testSpaceOneMoment commits while a scan is under way.
func testSpaceOneMoment(t *testing.T, h *spaceHarness) {
	h.set("a", "1", "b", "1", "c", "1")
	var got []string
	started, committed := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(committed)
		<-started
		b := &kv.Batch{}
		b.Set([]byte("b"), []byte("2"))
		b.Delete([]byte("c"))
		b.Set([]byte("d"), []byte("2"))
		assert.NoError(t, h.space.Commit(ctx, b))
	}()
	err := h.space.Scan(ctx, nil, nil, false, func(key, value []byte) (bool, error) {
		if len(got) == 0 {
			close(started)
			<-committed
		}
		got = append(got, string(key)+"="+string(value))
		return true, nil
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"a=1", "b=1", "c=1"}, got)
	assert.Equal(t, []string{"a=1", "b=2", "d=2"}, h.all())
}

// testSpaceModel plays random batches on the space and on a map.
func testSpaceModel(t *testing.T, h *spaceHarness) {
	dice := rand.New(rand.NewPCG(1, 2))
	model := map[string]string{}
	key := func() string { return fmt.Sprintf("%02x", dice.IntN(200)) }
	for round := range 300 {
		b := &kv.Batch{}
		if dice.IntN(8) == 0 {
			from, to := key(), key()
			b.DeleteRange([]byte(from), []byte(to))
			for k := range model {
				if k >= from && k < to {
					delete(model, k)
				}
			}
		}
		for range dice.IntN(12) {
			k, v := key(), fmt.Sprint(round)
			if dice.IntN(3) == 0 {
				b.Delete([]byte(k))
				delete(model, k)
			} else {
				b.Set([]byte(k), []byte(v))
				model[k] = v
			}
		}
		require.NoError(t, h.space.Commit(ctx, b))
		if round == 150 && h.in.Reopen != nil {
			h.space = h.in.Reopen(t)
		}
		from, to := key(), key()
		want := []string{}
		for k, v := range model {
			if k >= from && k < to {
				want = append(want, k+"="+v)
			}
		}
		slices.Sort(want)
		require.Equal(t, want, h.scan([]byte(from), []byte(to), false))
		slices.Reverse(want)
		require.Equal(t, want, h.scan([]byte(from), []byte(to), true))
		k := key()
		if v, ok := model[k]; ok {
			require.Equal(t, v, h.get(k))
		} else {
			require.Equal(t, "-", h.get(k))
		}
	}
}

// testSpaceScanSeeks reads single pairs out of many keys: a scan that walked
// to where it begins would take minutes.
func testSpaceScanSeeks(t *testing.T, h *spaceHarness) {
	const count, step = 1_000_000, 20_000
	for base := 0; base < count; base += step {
		b := &kv.Batch{}
		for i := base; i < base+step; i++ {
			b.Set(fmt.Appendf(nil, "%08d", i), nil)
		}
		require.NoError(t, h.space.Commit(ctx, b))
	}
	begin := time.Now()
	for i := range 1000 {
		at := fmt.Appendf(nil, "%08d", i*977%count)
		for _, reverse := range []bool{false, true} {
			seen, from, to := "", at, []byte(nil)
			if reverse {
				from, to = nil, append(at, 0)
			}
			require.NoError(t, h.space.Scan(ctx, from, to, reverse, func(key, _ []byte) (bool, error) {
				seen = string(key)
				return false, nil
			}))
			require.Equal(t, string(at), seen)
		}
	}
	require.Less(t, time.Since(begin), 20*time.Second)
}

func testSpaceConcurrent(t *testing.T, h *spaceHarness) {
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 50 {
				own, other := fmt.Appendf(nil, "a%d/%03d", w, i), fmt.Appendf(nil, "b%d/%03d", w, i)
				b := &kv.Batch{}
				b.Set(own, other)
				b.Set(other, own)
				if !assert.NoError(t, h.space.Commit(ctx, b)) {
					return
				}
				v, ok, err := h.space.Get(ctx, other)
				assert.NoError(t, err)
				assert.True(t, ok)
				assert.Equal(t, own, v)
				n := map[byte]int{}
				assert.NoError(t, h.space.Scan(ctx, nil, nil, i%2 == 0, func(key, _ []byte) (bool, error) { n[key[0]]++; return true, nil }))
				assert.Equal(t, n['a'], n['b'], "a batch is seen whole")
			}
		})
	}
	wg.Wait()
	assert.Len(t, h.all(), 800)
}
