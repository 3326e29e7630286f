package kvtest

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store/kv"
)

func testSpaceRestart(t *testing.T, h *spaceHarness) {
	if h.in.Reopen == nil {
		t.Skip("this space does not outlive its process")
	}
	h.set("a", "1", "b", "1", "c", "1")
	h.space = h.in.Reopen(t)
	b := &kv.Batch{}
	b.DeleteRange([]byte("a"), []byte("c"))
	b.Set([]byte("b"), []byte("2"))
	require.NoError(t, h.space.Commit(ctx, b))
	h.space = h.in.Reopen(t)
	assert.Equal(t, []string{"b=2", "c=1"}, h.all())
}

// testSpaceCrash counts in pairs of keys from many goroutines and looks at
// what crashes in the midst of it would leave: what was acknowledged, and
// batches whole.
func testSpaceCrash(t *testing.T, h *spaceHarness) {
	if h.in.Crash == nil {
		t.Skip("this space survives nothing")
	}
	var mu sync.Mutex
	acked := map[string]int{}
	check := func() {
		mu.Lock()
		want := maps.Clone(acked)
		mu.Unlock()
		left := &spaceHarness{t: t, space: h.in.Crash(t)}
		for key, n := range want {
			a, err := strconv.Atoi(left.get(key + "/a"))
			require.NoError(t, err)
			require.GreaterOrEqual(t, a, n)
			require.Equal(t, left.get(key+"/a"), left.get(key+"/b"))
		}
	}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			key := fmt.Sprint(w)
			for i := range 30 {
				b := &kv.Batch{}
				b.Set([]byte(key+"/a"), fmt.Append(nil, i+1))
				b.Set([]byte(key+"/b"), fmt.Append(nil, i+1))
				if !assert.NoError(t, h.space.Commit(ctx, b)) {
					return
				}
				mu.Lock()
				acked[key] = i + 1
				mu.Unlock()
			}
		})
	}
	for range 5 {
		check()
	}
	wg.Wait()
	check()
}

func testSpaceFailedWrite(t *testing.T, h *spaceHarness) {
	if h.in.Fail == nil {
		t.Skip("this space's writes do not fail")
	}
	testSpaceTrouble(t, h, h.in.Fail)
}

func testSpaceFull(t *testing.T, h *spaceHarness) {
	if h.in.Full == nil {
		t.Skip("this space's disk is never full")
	}
	testSpaceTrouble(t, h, h.in.Full)
}

// testSpaceTrouble lets commits fail and succeed in turns. Nobody sees what
// failed, neither before the recovery nor after it.
func testSpaceTrouble(t *testing.T, h *spaceHarness, trouble func(bool)) {
	big := strings.Repeat("x", 100<<10)
	h.set("a", "0", "gone", "0")
	for round := range 3 {
		trouble(true)
		for range 3 {
			b := &kv.Batch{}
			b.Set([]byte("a"), []byte("bad"))
			b.Set([]byte("new"), []byte(big))
			b.Delete([]byte("gone"))
			require.Error(t, h.space.Commit(ctx, b))
			assert.Equal(t, []string{fmt.Sprint("a=", round), "gone=0"}, h.all())
			assert.Equal(t, fmt.Sprint(round), h.get("a"))
			assert.Equal(t, "-", h.get("new"))
		}
		trouble(false)
		if round == 1 && h.in.Reopen != nil {
			h.space = h.in.Reopen(t)
		}
		assert.Equal(t, []string{fmt.Sprint("a=", round), "gone=0"}, h.all())
		h.set("a", fmt.Sprint(round+1))
		assert.Equal(t, []string{fmt.Sprint("a=", round+1), "gone=0"}, h.all())
	}
}
