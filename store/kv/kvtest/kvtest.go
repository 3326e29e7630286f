// Package kvtest is the contracts of kv.Catalog and kv.Space as test suites.
package kvtest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store/kv"
)

// Instance is a catalog under test, and what can be done to what is behind
// it. A nil function means that this kind of catalog has no such thing.
type Instance struct {
	Catalog kv.Catalog
	// Reopen closes the catalog in an orderly way and opens it again.
	Reopen func(t *testing.T) kv.Catalog
	// Crash opens a copy of what the promised crash would leave now.
	Crash func(t *testing.T) kv.Catalog
	// Fail makes writes fail, or lets them succeed again.
	Fail func(fail bool)
}

// Open makes an empty catalog whose commands apply computes.
type Open func(t *testing.T, apply kv.Apply) *Instance

// errRefused is what the suite's apply function refuses with.
var errRefused = errors.New("refused")

// apply knows four kinds: "set" makes the body the state, "append" adds it,
// "remove" removes the entity, "refuse" fails. "time" writes the command's
// time down.
func apply(state []byte, c kv.Command) ([]byte, error) {
	switch c.Kind {
	case "set":
		return c.Body, nil
	case "append":
		return append(append([]byte{}, state...), c.Body...), nil
	case "time":
		return strconv.AppendInt(nil, c.At.UnixMilli(), 10), nil
	case "remove":
		return nil, nil
	}
	return nil, errRefused
}

// Run runs the suite.
func Run(t *testing.T, open Open) {
	tests := []struct {
		name string
		run  func(t *testing.T, h *harness)
	}{
		{"Versions", testVersions},
		{"Refusals", testRefusals},
		{"EmptyState", testEmptyState},
		{"OwnsNothing", testOwnsNothing},
		{"Scan", testScan},
		{"Restart", testRestart},
		{"Concurrent", testConcurrent},
		{"Crash", testCrash},
		{"FailedWrite", testFailedWrite},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := open(t, apply)
			test.run(t, &harness{t: t, in: in, catalog: in.Catalog})
		})
	}
}

type harness struct {
	t       *testing.T
	in      *Instance
	catalog kv.Catalog
}

var ctx = context.Background()

func (h *harness) propose(key string, expect uint64, kind, body string) (kv.Value, error) {
	return h.catalog.Propose(ctx, kv.Command{Key: key, Expect: expect, Kind: kind, Body: []byte(body)})
}

func (h *harness) must(key string, expect uint64, kind, body string) kv.Value {
	h.t.Helper()
	v, err := h.propose(key, expect, kind, body)
	require.NoError(h.t, err)
	return v
}

func (h *harness) get(key string) kv.Value {
	h.t.Helper()
	v, err := h.catalog.Get(ctx, key)
	require.NoError(h.t, err)
	return v
}

func value(version uint64, state string) kv.Value {
	return kv.Value{Version: version, State: []byte(state)}
}

func testVersions(t *testing.T, h *harness) {
	assert.Equal(t, kv.Value{}, h.get("a"))
	assert.Equal(t, value(1, "x"), h.must("a", 0, "set", "x"))
	assert.Equal(t, value(2, "xy"), h.must("a", 1, "append", "y"))
	assert.Equal(t, value(2, "xy"), h.get("a"))
	assert.Equal(t, kv.Value{}, h.must("a", 2, "remove", ""))
	assert.Equal(t, kv.Value{}, h.get("a"))
	assert.Equal(t, value(1, "z"), h.must("a", 0, "set", "z"), "a new entity starts anew")
	assert.Equal(t, kv.Value{}, h.must("never", 0, "remove", ""))
	v, err := h.catalog.Propose(ctx, kv.Command{Key: "t", Kind: "time", At: time.UnixMilli(12345)})
	require.NoError(t, err)
	assert.Equal(t, value(1, "12345"), v)
}

func testRefusals(t *testing.T, h *harness) {
	h.must("a", 0, "set", "x")
	for _, expect := range []uint64{0, 2, 100} {
		_, err := h.propose("a", expect, "set", "y")
		require.ErrorIs(t, err, kv.ErrConflict)
	}
	_, err := h.propose("missing", 1, "set", "y")
	require.ErrorIs(t, err, kv.ErrConflict)
	_, err = h.propose("a", 1, "refuse", "")
	require.ErrorIs(t, err, errRefused)
	assert.Equal(t, value(1, "x"), h.get("a"))
	assert.Equal(t, kv.Value{}, h.get("missing"))
}

func testEmptyState(t *testing.T, h *harness) {
	v := h.must("a", 0, "set", "")
	assert.Equal(t, uint64(1), v.Version, "an empty state is a state")
	if h.in.Reopen != nil {
		h.catalog = h.in.Reopen(t)
	}
	v = h.get("a")
	assert.Equal(t, uint64(1), v.Version)
	assert.Empty(t, v.State)
	h.must("", 0, "set", "an empty key is a key")
	assert.Equal(t, uint64(1), h.get("").Version)
}

func testOwnsNothing(t *testing.T, h *harness) {
	body := []byte("before")
	v, err := h.catalog.Propose(ctx, kv.Command{Key: "a", Kind: "set", Body: body})
	require.NoError(t, err)
	copy(body, "after!")
	assert.Equal(t, "before", string(v.State))
	assert.Equal(t, value(1, "before"), h.get("a"))
}

// scan returns what a scan sees as "key=state@version".
func (h *harness) scan(prefix string) []string {
	h.t.Helper()
	got := []string{}
	err := h.catalog.Scan(ctx, prefix, func(key string, v kv.Value) error {
		got = append(got, fmt.Sprintf("%s=%s@%d", key, v.State, v.Version))
		return nil
	})
	require.NoError(h.t, err)
	return got
}

func testScan(t *testing.T, h *harness) {
	assert.Empty(t, h.scan(""))
	for _, key := range []string{"b/2", "a", "b/1", "c", "b/10", "b\xff", "b"} {
		h.must(key, 0, "set", "s")
	}
	h.must("b/1", 1, "append", "t")
	h.must("c", 1, "remove", "")
	assert.Equal(t, []string{"b/1=st@2", "b/10=s@1", "b/2=s@1"}, h.scan("b/"))
	assert.Equal(t, []string{"a=s@1", "b=s@1", "b/1=st@2", "b/10=s@1", "b/2=s@1", "b\xff=s@1"}, h.scan(""))
	assert.Empty(t, h.scan("c"))
	stop := errors.New("stop")
	n := 0
	err := h.catalog.Scan(ctx, "b", func(string, kv.Value) error {
		if n++; n == 2 {
			return stop
		}
		return nil
	})
	require.ErrorIs(t, err, stop)
	assert.Equal(t, 2, n)
	err = h.catalog.Scan(ctx, "b", func(key string, v kv.Value) error {
		_, err := h.propose(key, v.Version, "remove", "")
		return err
	})
	require.NoError(t, err, "a scan's function may change the catalog")
	assert.Equal(t, []string{"a=s@1"}, h.scan(""))
}

func testRestart(t *testing.T, h *harness) {
	if h.in.Reopen == nil {
		t.Skip("this catalog does not outlive its process")
	}
	h.must("a", 0, "set", "x")
	h.must("b", 0, "set", "x")
	for i := range 5 {
		h.must("a", uint64(i)+1, "append", "y")
		h.catalog = h.in.Reopen(t)
	}
	h.must("b", 1, "remove", "")
	h.catalog = h.in.Reopen(t)
	assert.Equal(t, []string{"a=xyyyyy@6"}, h.scan(""))
}

// testConcurrent counts from many goroutines with compare and set; each
// increment must be there once.
func testConcurrent(t *testing.T, h *harness) {
	const workers, each = 8, 25
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for range each {
				for {
					v, err := h.catalog.Get(ctx, "shared")
					if !assert.NoError(t, err) {
						return
					}
					_, err = h.propose("shared", v.Version, "append", ".")
					if err == nil {
						break
					}
					if !assert.ErrorIs(t, err, kv.ErrConflict) {
						return
					}
				}
				key := fmt.Sprint("own", w)
				_, err := h.propose(key, h.get(key).Version, "append", ".")
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	assert.Equal(t, uint64(workers*each), h.get("shared").Version)
	assert.Len(t, h.get("shared").State, workers*each)
	assert.Len(t, h.scan("own"), workers)
}

func testCrash(t *testing.T, h *harness) {
	if h.in.Crash == nil {
		t.Skip("this catalog survives nothing")
	}
	var mu sync.Mutex
	acked := map[string]uint64{}
	snapshot := func() map[string]uint64 {
		mu.Lock()
		defer mu.Unlock()
		c := map[string]uint64{}
		for k, v := range acked {
			c[k] = v
		}
		return c
	}
	check := func(want map[string]uint64) {
		left := h.in.Crash(t)
		for key, version := range want {
			v, err := left.Get(ctx, key)
			require.NoError(t, err)
			require.GreaterOrEqual(t, v.Version, version, key)
			require.Len(t, v.State, int(v.Version))
		}
	}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			key := fmt.Sprint(w)
			for i := range uint64(30) {
				if _, err := h.propose(key, i, "append", "."); !assert.NoError(t, err) {
					return
				}
				mu.Lock()
				acked[key] = i + 1
				mu.Unlock()
			}
		})
	}
	for range 5 {
		check(snapshot())
	}
	wg.Wait()
	check(snapshot())
}

func testFailedWrite(t *testing.T, h *harness) {
	if h.in.Fail == nil {
		t.Skip("this catalog's writes do not fail")
	}
	for round := range uint64(3) {
		h.must("a", round, "append", "x")
		h.in.Fail(true)
		for range 3 {
			_, err := h.propose("a", round+1, "append", "bad")
			require.Error(t, err)
			_, err = h.propose("new", 0, "set", "bad")
			require.Error(t, err)
		}
		assert.Len(t, h.get("a").State, int(round)+1, "what failed has changed nothing")
		h.in.Fail(false)
		if round == 1 && h.in.Reopen != nil {
			h.catalog = h.in.Reopen(t)
		}
		assert.Equal(t, []string{fmt.Sprintf("a=%s@%d", "xxx"[:round+1], round+1)}, h.scan(""))
	}
}
