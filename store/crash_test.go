package store_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/kv"
	"sluice/store/log"
	"sluice/store/log/logtest"
	"sluice/store/log/pebblelog"
)

var ctx = context.Background()

// replace is the apply function of these tests: the body is the new state.
func replace(_ []byte, c kv.Command) ([]byte, error) { return c.Body, nil }

// history is what one writer did, in order: writes to logs and to a catalog,
// and how many of them were acknowledged at a moment.
type history struct {
	steps []step
	acked atomic.Int64
}

type step struct {
	id   log.ID // of a record, when key is empty
	text string
	key  string // of an entity whose first version is text
}

const crashShards = 3

// script is the history that the crash tests play: small and large records
// over several logs and time buckets, batches, entities. It is enough to fill
// memtables and write tables.
func script() *history {
	h := &history{}
	for i := range 150 {
		s := step{id: log.ID{Stream: 1, Shard: uint32(i) % crashShards}, text: fmt.Sprint(i, " ", strings.Repeat("x", i*37%4000))}
		if i%50 == 20 {
			s.text += strings.Repeat("y", 100<<10)
		}
		if i%10 == 3 {
			s.key = fmt.Sprint("entity-", i)
		}
		h.steps = append(h.steps, s)
	}
	return h
}

// play does the steps one by one and stops at the first error.
func (h *history) play(s *store.Store, clock *logtest.Clock) error {
	l, c := s.Log("test"), s.Catalog("test", replace)
	ids := make([]log.ID, crashShards)
	for i := range ids {
		ids[i] = log.ID{Stream: 1, Shard: uint32(i)}
	}
	if err := l.Create(ctx, ids); err != nil {
		return err
	}
	for _, st := range h.steps {
		if err := st.do(l, c); err != nil {
			return err
		}
		h.acked.Add(1)
		clock.Advance(2 * time.Minute)
	}
	return nil
}

func (st step) do(l log.Log, c kv.Catalog) error {
	if st.key != "" {
		_, err := c.Propose(ctx, kv.Command{Key: st.key, Body: []byte(st.text)})
		return err
	}
	commit, err := l.Append(ctx, []log.Entry{{Log: st.id, PartitionKey: "k", Data: []byte(st.text)}})
	if err != nil {
		return err
	}
	return commit.Wait()
}

// present tells for each step whether it is there. What is there must be
// whole and in order.
func (h *history) present(t *testing.T, s *store.Store) []bool {
	t.Helper()
	l, c := s.Log("test"), s.Catalog("test", replace)
	found := make([]bool, len(h.steps))
	for shard := range uint32(crashShards) {
		page, err := l.Read(ctx, log.ID{Stream: 1, Shard: shard}, 0, log.Limit{Records: 1000, Bytes: 1 << 30, Before: 1 << 62})
		if err != nil {
			require.ErrorIs(t, err, log.ErrNotFound)
			continue
		}
		last := -1
		for _, r := range page.Records {
			head, _, _ := strings.Cut(string(r.Data), " ")
			i, err := strconv.Atoi(head)
			require.NoError(t, err)
			require.True(t, h.steps[i].text == string(r.Data), "record %d is not as written", i)
			require.Greater(t, i, last, "order")
			last = i
			found[i] = true
		}
		page.Release()
	}
	for i, st := range h.steps {
		if st.key == "" {
			continue
		}
		v, err := c.Get(ctx, st.key)
		require.NoError(t, err)
		if found[i] = v.Version > 0; found[i] {
			require.Equal(t, st.text, string(v.State))
		}
	}
	return found
}

// lost counts acknowledged steps that are not there.
func lost(found []bool, acked int64) (n int) {
	for _, there := range found[:acked] {
		if !there {
			n++
		}
	}
	return n
}

// isPrefix tells whether the steps that are there are the first ones.
func isPrefix(found []bool) bool {
	for i := 1; i < len(found); i++ {
		if found[i] && !found[i-1] {
			return false
		}
	}
	return true
}

// moment is a disk as it was before some write or sync.
type moment struct {
	fs    *vfs.MemFS
	acked int64
}

// moments plays the script and takes copies of the disk before its write
// operations: before each with SLUICE_CRASH_ALL, else before every second. A
// power failure under "process" is looked at less often, for Pebble takes up
// to a second to make sure of a torn log.
func moments(t *testing.T, durability store.Durability, percent func(n int) int, bundling pebblelog.Bundling) (*history, []moment) {
	h := script()
	d := newDisk()
	every := 8
	if durability == store.Disk || percent(1) == 100 {
		every = 2
	}
	if os.Getenv("SLUICE_CRASH_ALL") != "" {
		every = 1
	}
	var mu sync.Mutex
	var taken []moment
	n := 0
	fs := errorfs.Wrap(d.mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		if n++; n%every == 0 {
			acked := h.acked.Load() // before the copy: it may only have grown since
			taken = append(taken, moment{fs: d.afterPowerLoss(percent(n)), acked: acked})
		}
		return nil
	}))
	clock := logtest.NewClock()
	o := options(fs, durability, clock.Now)
	o.Bundling = bundling
	s := open(t, o)
	require.NoError(t, h.play(s, clock))
	mu.Lock()
	all := taken
	mu.Unlock()
	require.NoError(t, s.Close())
	return h, all
}

// inspect opens what a crash left.
func (m moment) inspect(t *testing.T, h *history, durability store.Durability) []bool {
	t.Helper()
	s := open(t, options(m.fs, durability, logtest.NewClock().Now))
	defer func() { require.NoError(t, s.Close()) }()
	return h.present(t, s)
}

// eachBundling runs a test without bundles and with nothing else.
func eachBundling(t *testing.T, f func(t *testing.T, bundling pebblelog.Bundling)) {
	t.Run("blocks", func(t *testing.T) { f(t, pebblelog.Bundling{}) })
	t.Run("bundles", func(t *testing.T) { f(t, bundled()) })
}

// TestCrashDisk: under "disk" no power failure takes an acknowledged write.
func TestCrashDisk(t *testing.T) {
	eachBundling(t, func(t *testing.T, bundling pebblelog.Bundling) {
		h, all := moments(t, store.Disk, func(n int) int { return n * 37 % 101 }, bundling)
		t.Logf("%d moments", len(all))
		for i, m := range all {
			found := m.inspect(t, h, store.Disk)
			require.Zero(t, lost(found, m.acked), "moment %d", i)
			require.True(t, isPrefix(found), "moment %d", i)
		}
	})
}

// TestCrashProcess: under "process" a power failure leaves a clean prefix.
func TestCrashProcess(t *testing.T) {
	eachBundling(t, func(t *testing.T, bundling pebblelog.Bundling) {
		h, all := moments(t, store.Process, func(n int) int { return n * 37 % 101 }, bundling)
		t.Logf("%d moments", len(all))
		short := 0
		for i, m := range all {
			found := m.inspect(t, h, store.Process)
			require.True(t, isPrefix(found), "moment %d: %v", i, found)
			if lost(found, m.acked) > 0 {
				short++
			}
		}
		t.Logf("%d moments lost acknowledged writes, as they may", short)
	})
}

// TestCrashProcessThenDisk: a folder that a power failure tore under "process"
// can be opened under "disk" as well.
func TestCrashProcessThenDisk(t *testing.T) {
	eachBundling(t, func(t *testing.T, bundling pebblelog.Bundling) {
		h, all := moments(t, store.Process, func(n int) int { return n * 37 % 101 }, bundling)
		for i := len(all) / 2; i < len(all); i += 4 {
			found := all[i].inspect(t, h, store.Disk)
			require.True(t, isPrefix(found), "moment %d: %v", i, found)
		}
	})
}

// TestCrashProcessKilled: under "process" kill -9 takes nothing.
func TestCrashProcessKilled(t *testing.T) {
	eachBundling(t, func(t *testing.T, bundling pebblelog.Bundling) {
		h, all := moments(t, store.Process, func(int) int { return 100 }, bundling)
		for i, m := range all {
			found := m.inspect(t, h, store.Process)
			require.Zero(t, lost(found, m.acked), "moment %d", i)
			require.True(t, isPrefix(found), "moment %d", i)
		}
	})
}

// TestCrashHarness proves that the harness sees what it is there to see: a
// store that skips syncs of its log loses acknowledged writes.
func TestCrashHarness(t *testing.T) {
	eachBundling(t, func(t *testing.T, bundling pebblelog.Bundling) {
		h, all := moments(t, store.Process, func(int) int { return 0 }, bundling)
		short := 0
		for _, m := range all {
			if lost(m.inspect(t, h, store.Process), m.acked) > 0 {
				short++
			}
		}
		assert.Positive(t, short, "a skipped sync was not noticed")
	})
}

// TestFailAnywhere lets writes fail from every point on, for a while: nothing
// hangs or ends the process, what was acknowledged is there afterwards, what
// failed is not, and the store works again, without a restart and after one.
func TestFailAnywhere(t *testing.T) {
	step := 7
	if os.Getenv("SLUICE_CRASH_ALL") != "" {
		step = 1
	}
	for i, durability := range []store.Durability{store.Process, store.Disk, store.Process, store.Disk} {
		bundling := pebblelog.Bundling{}
		if i >= 2 {
			bundling = bundled()
		}
		done := false
		for at := 1; !done; at += step {
			d := newDisk()
			var n atomic.Int64
			d.fs = errorfs.Wrap(d.fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
				if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && n.Add(1) == int64(at) {
					d.fail.Store(true)
				}
				return nil
			}))
			failAt(t, d, durability, bundling)
			done = n.Load() < int64(at)
		}
	}
}

// failAt plays the script on a disk that will fail.
func failAt(t *testing.T, d *disk, durability store.Durability, bundling pebblelog.Bundling) {
	t.Helper()
	clock := logtest.NewClock()
	h := script()
	s := openOn(t, d, durability, clock, bundling)
	err := h.play(s, clock)
	if err != nil {
		assert.ErrorContains(t, err, "input/output error")
		assert.Error(t, s.Health().Err)
		acked := h.acked.Load()
		for range 3 { // still broken
			_ = h.steps[acked].do(s.Log("test"), s.Catalog("test", replace))
		}
		d.fail.Store(false)
		if acked > 0 {
			require.NoError(t, step{id: h.steps[0].id, text: h.steps[acked].text}.do(s.Log("test"), nil))
			require.NoError(t, s.Health().Err)
			h.steps[acked].id, h.steps[acked].key = h.steps[0].id, ""
			h.acked.Add(1)
		}
	}
	d.fail.Store(false)
	for range 2 {
		found := h.present(t, s)
		acked := h.acked.Load()
		require.Zero(t, lost(found, acked))
		for i := acked; i < int64(len(found)); i++ {
			require.False(t, found[i], "step %d failed and is readable", i)
		}
		_ = s.Close() // may be where the disk fails
		d.fail.Store(false)
		s = openOn(t, d, durability, clock, bundling)
	}
	d.fail.Store(false)
	_ = s.Close()
}

// openOn opens a store, a second time when the disk fails just then.
func openOn(t *testing.T, d *disk, durability store.Durability, clock *logtest.Clock, bundling pebblelog.Bundling) *store.Store {
	t.Helper()
	o := options(d.fs, durability, clock.Now)
	o.Bundling = bundling
	s, err := store.Open(o)
	if err != nil {
		require.True(t, d.fail.Swap(false), "%v", err)
		s = open(t, options(d.fs, durability, clock.Now))
	}
	return s
}
