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
	// calm leaves out what is no part of the history.
	calm bool
}

type step struct {
	ids  []log.ID // of records, when key is empty; they have the same text
	text string
	key  string // of an entity whose first version is text
	// drops says that what is old of another stream is trimmed before, and yet
	// another deleted. That is no part of the history.
	drops bool
}

const crashShards = 3

// passing is the stream that is trimmed while the crash tests run. Those that are
// deleted follow it.
const passing = 2

// script is the history that the crash tests play: small and large records
// over several logs and time buckets, batches, entities. It is enough to fill
// memtables and write tables.
func script() *history {
	h := &history{}
	for i := range 150 {
		s := step{ids: []log.ID{{Stream: 1, Shard: uint32(i) % crashShards}}, text: fmt.Sprint(i, " ", strings.Repeat("x", i*37%4000))}
		if i%50 == 20 {
			s.text += strings.Repeat("y", 100<<10)
		}
		if i%7 == 5 {
			s.ids = append(s.ids, log.ID{Stream: 1, Shard: uint32(i+1) % crashShards})
		}
		if i%10 == 3 {
			s.key = fmt.Sprint("entity-", i)
		}
		s.drops = i%37 == 36
		h.steps = append(h.steps, s)
	}
	return h
}

// play does the steps one by one and stops at the first error.
func (h *history) play(s *store.Store, clock *logtest.Clock) error {
	l, c := s.Log("test"), s.Catalog("test", replace)
	ids := []log.ID{{Stream: passing}, {Stream: passing + 1}}
	for i := range uint32(crashShards) {
		ids = append(ids, log.ID{Stream: 1, Shard: i})
	}
	if err := l.Create(ctx, ids); err != nil {
		return err
	}
	pass := passer{log: l, dropped: passing}
	for i, st := range h.steps {
		if !h.calm {
			if err := pass.by(i, st.drops, clock.Now()); err != nil {
				return err
			}
		}
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
	return put(l, st.text, st.ids...)
}

// put appends a record to each of some logs, as one.
func put(l log.Log, text string, ids ...log.ID) error {
	var batch []log.Entry
	for _, id := range ids {
		batch = append(batch, log.Entry{Log: id, PartitionKey: "k", Data: []byte(text)})
	}
	commit, err := l.Append(ctx, batch)
	if err != nil {
		return err
	}
	return commit.Wait()
}

// passer writes to streams of which what was written is removed again.
type passer struct {
	log     log.Log
	dropped uint64 // the stream that was deleted last
}

func (p *passer) by(i int, drops bool, now time.Time) error {
	err := put(p.log, passingText(i), log.ID{Stream: passing})
	if err == nil {
		err = put(p.log, passingText(i), log.ID{Stream: p.dropped + 1})
	}
	if err != nil || !drops {
		return err
	}
	if err := p.log.Trim(ctx, passing, now.Add(-time.Hour)); err != nil {
		return err
	}
	p.dropped++
	if err := p.log.Delete(ctx, p.dropped); err != nil {
		return err
	}
	return p.log.Create(ctx, []log.ID{{Stream: p.dropped + 1}})
}

func passingText(i int) string {
	return fmt.Sprint(i, " ", strings.Repeat("p", []int{10, 500, 5000}[i%3]))
}

// present tells for each step whether it is there. What is there must be
// whole and in order.
func (h *history) present(t testing.TB, s *store.Store) []bool {
	t.Helper()
	l, c := s.Log("test"), s.Catalog("test", replace)
	found := make([]bool, len(h.steps))
	count := make([]int, len(h.steps))
	for shard := range uint32(crashShards) {
		last := -1
		for _, i := range texts(t, l, log.ID{Stream: 1, Shard: shard}, func(i int) string { return h.steps[i].text }) {
			require.Greater(t, i, last, "order")
			last = i
			count[i]++
		}
	}
	for stream := uint64(passing); stream < passing+9; stream++ {
		all := texts(t, l, log.ID{Stream: stream}, passingText)
		for n := 1; n < len(all); n++ {
			require.Equal(t, all[n-1]+1, all[n], "stream %d", stream)
		}
	}
	for i, st := range h.steps {
		if st.key == "" {
			found[i] = count[i] > 0
			require.True(t, !found[i] || count[i] == len(st.ids), "step %d is half there", i)
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

// texts reads a log, whose records are what they should be, and returns the
// numbers that they begin with.
func texts(t testing.TB, l log.Log, id log.ID, text func(i int) string) (all []int) {
	t.Helper()
	page, err := l.Read(ctx, id, 0, everything())
	if err != nil {
		require.ErrorIs(t, err, log.ErrNotFound)
		return nil
	}
	defer page.Release()
	for _, r := range page.Records {
		head, _, _ := strings.Cut(string(r.Data), " ")
		i, err := strconv.Atoi(head)
		require.NoError(t, err)
		require.True(t, text(i) == string(r.Data), "record %d is not as written", i)
		all = append(all, i)
	}
	return all
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
// operations: before each with SLUICE_CRASH_ALL, else before every eighth.
func moments(t *testing.T, durability store.Durability, percent func(n int) int, l layout) (*history, []moment) {
	h := script()
	d := newDisk()
	every := 8
	if os.Getenv("SLUICE_CRASH_ALL") != "" {
		every = 1
	}
	var mu sync.Mutex
	var taken []moment
	n := 0
	under := vfs.FS(d.mem)
	if l.disk != nil {
		under = l.disk(under)
	}
	fs := injected(under, func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		if n++; n%every == 0 {
			acked := h.acked.Load() // before the copy: it may only have grown since
			taken = append(taken, moment{fs: crashed(d.mem, percent(n), d.dice), acked: acked})
		}
		return nil
	})
	clock := logtest.NewClock()
	o := options(fs, durability, clock.Now)
	o.Bundling, o.Coarse, o.MemTableBytes, o.Boot = l.bundling, l.coarse, l.memTable, l.boot
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

// layout says where appends go.
type layout struct {
	bundling pebblelog.Bundling
	coarse   pebblelog.Coarse
	memTable int64
	disk     func(fs vfs.FS) vfs.FS // nil: as it is
	boot     string                 // empty: a power failure may have been
}

// layouts by name: as it comes, all in bundles, and small appends in rows, others in
// bundles of which the ring has room for a few, large ones in payload files.
// Memtables are so small that tables are written all the time.
func layouts() map[string]layout {
	return map[string]layout{
		"blocks":  {memTable: 256 << 10},
		"bundles": {bundling: bundled(), memTable: 256 << 10},
		"mixed": {
			bundling: pebblelog.Bundling{Logs: 1, LogBytes: 2000, AppendBytes: 300, Bytes: 6 << 10, SegmentBytes: 8 << 10},
			coarse:   pebblelog.Coarse{Bytes: 2500, LogBytes: 1, FileBytes: 64 << 10, OpenFiles: 2},
			memTable: 10 << 10,
		},
	}
}

func eachLayout(t *testing.T, f func(t *testing.T, l layout)) {
	for name, l := range layouts() {
		t.Run(name, func(t *testing.T) { f(t, l) })
	}
}

// TestCrashDisk: under "disk" no power failure takes an acknowledged write.
func TestCrashDisk(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		h, all := moments(t, store.Disk, func(n int) int { return n * 37 % 101 }, l)
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
	eachLayout(t, func(t *testing.T, l layout) {
		h, all := moments(t, store.Process, func(n int) int { return n * 37 % 101 }, l)
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
	eachLayout(t, func(t *testing.T, l layout) {
		h, all := moments(t, store.Process, func(n int) int { return n * 37 % 101 }, l)
		for i := len(all) / 2; i < len(all); i += 4 {
			found := all[i].inspect(t, h, store.Disk)
			require.True(t, isPrefix(found), "moment %d: %v", i, found)
		}
	})
}

// TestCrashProcessKilled: under "process" kill -9 takes nothing.
func TestCrashProcessKilled(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		h, all := moments(t, store.Process, func(int) int { return 100 }, l)
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
	eachLayout(t, func(t *testing.T, l layout) {
		h, all := moments(t, store.Process, func(int) int { return 0 }, l)
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
	step := 13
	if os.Getenv("SLUICE_CRASH_ALL") != "" {
		step = 1
	}
	for i, durability := range []store.Durability{store.Process, store.Disk, store.Process, store.Disk, store.Process, store.Disk} {
		l := layouts()[[]string{"blocks", "mixed", "bundles"}[i/2]]
		done := false
		for at := 1; !done; at += step {
			d := newDisk()
			var n atomic.Int64
			d.fs = injected(d.fs, func(op errorfs.Op) error {
				if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && n.Add(1) == int64(at) {
					d.fail.Store(true)
				}
				return nil
			})
			failAt(t, d, durability, l)
			done = n.Load() < int64(at)
		}
	}
}

// failAt plays the script on a disk that will fail.
func failAt(t *testing.T, d *disk, durability store.Durability, l layout) {
	t.Helper()
	clock := logtest.NewClock()
	h := script()
	h.calm = true // a file that cannot be removed is no reason to refuse what follows
	s := openOn(t, d, durability, clock, l)
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
			require.NoError(t, step{ids: h.steps[0].ids, text: h.steps[acked].text}.do(s.Log("test"), nil))
			require.NoError(t, s.Health().Err)
			h.steps[acked].ids, h.steps[acked].key = h.steps[0].ids, ""
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
		s = openOn(t, d, durability, clock, l)
	}
	d.fail.Store(false)
	_ = s.Close()
}

// openOn opens a store, a second time when the disk fails just then.
func openOn(t *testing.T, d *disk, durability store.Durability, clock *logtest.Clock, l layout) *store.Store {
	t.Helper()
	o := options(d.fs, durability, clock.Now)
	o.Bundling, o.Coarse, o.MemTableBytes = l.bundling, l.coarse, l.memTable
	s, err := store.Open(o)
	if err != nil {
		require.True(t, d.fail.Swap(false), "%v", err)
		s = open(t, o)
	}
	return s
}
