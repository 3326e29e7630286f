package store_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
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

// sites is a disk that knows from where in the store it is called, and fails from
// the first call of one place on, for a while.
type sites struct {
	disk *disk

	mu    sync.Mutex
	calls map[string]int // by place
	at    string         // the place that fails
	skip  int            // so many calls of it do not, before
	left  int            // so many calls are still to fail once it has begun; 0 for none
	begun bool
	off   bool
}

// failing is how many calls fail in a row, at most.
const failing = 12

func newSites(at string) (*sites, vfs.FS) {
	s := &sites{disk: newDisk(), calls: map[string]int{}, at: at, left: failing}
	return s, injected(s.disk.mem, s.inject)
}

// inject implements errorfs.Injector.
func (s *sites) inject(op errorfs.Op) error {
	if op.Kind == errorfs.OpFileClose || op.Kind == errorfs.OpGetDiskUsage || op.Kind == errorfs.OpFilePreallocate {
		return nil // nobody looks at what these say, or they are hints
	}
	place := placeOf(op)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[place]++
	s.begun = s.begun || place == s.at && s.calls[place] > s.skip
	if s.off || !s.begun || s.left == 0 {
		return nil
	}
	// Others fail with it as far as they write: so does a disk.
	if place != s.at && op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
		return nil
	}
	s.left--
	return syscall.EIO
}

func (s *sites) heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.off = true
}

func (s *sites) hasBegun() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begun
}

// placeOf is what is done, to which kind of file, and by which function of the
// store: the one that is nearest but for the guard, which passes on.
func placeOf(op errorfs.Op) string {
	var pcs [40]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	by := "pebble in the background"
	for {
		f, more := frames.Next()
		if strings.HasPrefix(f.Function, "sluice/store") && !strings.HasSuffix(f.File, "_test.go") && !strings.HasSuffix(f.File, "guardfs.go") {
			by = fmt.Sprintf("%s:%d", f.Function[len("sluice/"):], f.Line)
			break
		}
		if !more {
			break
		}
	}
	kind := "other"
	for _, k := range []string{".log", ".sst", ".blob", "MANIFEST", "marker", "OPTIONS", "/records/", "/ring/", "/bodies/"} {
		if strings.Contains(op.Path, k) {
			kind = k
		}
	}
	return fmt.Sprintf("kind %d of %s by %s", op.Kind, kind, by)
}

// visit is a life of a store in which everything that it can do is done, with
// what was promised.
type visit struct {
	t       testing.TB
	sites   *sites
	options store.Options
	clock   *logtest.Clock
	store   *store.Store
	there   map[string]log.ID // records, by text; shard ^0 is an entity or a pair
	failed  map[string]log.ID
}

func newVisit(t testing.TB, durability store.Durability, at string) *visit {
	v := &visit{t: t, clock: logtest.NewClock(), there: map[string]log.ID{}, failed: map[string]log.ID{}}
	var fs vfs.FS
	v.sites, fs = newSites(at)
	v.options = options(fs, durability, v.clock.Now)
	v.options.MemTableBytes = 16 << 10
	v.options.Coarse = pebblelog.Coarse{Bytes: 2500, LogBytes: 1, FileBytes: 16 << 10, OpenFiles: 2}
	v.options.Bundling = pebblelog.Bundling{Logs: 4, LogBytes: 2000, AppendBytes: 300, Bytes: 3 << 10, SegmentBytes: 4 << 10}
	return v
}

// try does something, which may fail once the trouble has begun.
func (v *visit) try(what string, err error) bool {
	if err != nil {
		require.True(v.t, v.sites.hasBegun(), "%s: %v", what, err)
	}
	return err == nil
}

// open opens the store, again when it fails.
func (v *visit) open() {
	var err error
	for range failing + 2 {
		if v.store, err = store.Open(v.options); v.try("open", err) {
			return
		}
	}
	v.sites.heal()
	v.store, err = store.Open(v.options)
	require.NoError(v.t, err, v.sites.at)
}

// append appends a record to each of some shards, as one.
func (v *visit) append(n, size int, stream uint64, shards ...uint32) {
	var texts []string
	var ids []log.ID
	var batch []log.Entry
	for _, shard := range shards {
		text := fmt.Sprintf("%d %d/%d ", n, stream, shard)
		texts, ids = append(texts, text+strings.Repeat("x", size)), append(ids, log.ID{Stream: stream, Shard: shard})
		batch = append(batch, log.Entry{Log: ids[len(ids)-1], PartitionKey: "k", Data: []byte(texts[len(texts)-1])})
	}
	c, err := v.store.Log("test").Append(ctx, batch)
	if err == nil {
		err = c.Wait()
	}
	into := v.there
	if !v.try("append", err) {
		into = v.failed
	}
	for i, text := range texts {
		into[text] = ids[i]
	}
}

// live does everything.
func (v *visit) live() {
	v.open()
	l := v.store.Log("test")
	scattered := []uint32{0, 1, 2, 3, 4, 5, 6, 7}
	ids := []log.ID{{Stream: 1, Shard: 9}, {Stream: 2}, {Stream: 2, Shard: 1}, {Stream: 3}}
	for _, shard := range scattered {
		ids = append(ids, log.ID{Stream: 1, Shard: shard})
	}
	created := false
	for range failing + 2 {
		created = created || v.try("create", l.Create(ctx, ids))
	}
	require.True(v.t, created, v.sites.at)
	for i := range 12 {
		v.append(i*10, 20, 1, uint32(i%8))
		v.append(i*10+1, 100, 1, scattered...)
		v.append(i*10+2, 1500, 2, 0, 1)
		if i <= 10 {
			v.append(i*10+3, 3000, 3, 0)
		}
		v.pair(i)
		switch i {
		case 5:
			v.try("checkpoint", v.store.Checkpoint("copy"))
		case 6:
			v.body()
		case 8:
			_, err := l.Seal(ctx, []log.ID{{Stream: 1, Shard: 9}})
			v.try("seal", err)
			v.try("trim", l.Trim(ctx, 2, v.clock.Now().Add(-time.Hour)))
		case 10:
			v.try("delete", l.Delete(ctx, 3))
		}
		v.clock.Advance(20 * time.Minute)
	}
	if !v.try("close", v.store.Close()) {
		// As after a kill, what failed last may be there: the store has not come to
		// taking it back.
		clear(v.failed)
	}
	v.open()
	v.append(500, 3000, 1, 2)
	v.append(501, 100, 1, scattered...)
}

func (v *visit) pair(n int) {
	text := fmt.Sprint("pair-", n)
	b := &kv.Batch{}
	b.Set([]byte(text), []byte(text))
	into := v.there
	if !v.try("commit", v.store.Space("a").Commit(ctx, b)) {
		into = v.failed
	}
	into[text] = log.ID{Shard: ^uint32(0)}
}

func (v *visit) body() {
	bodies, err := v.store.Bodies("test")
	if !v.try("bodies", err) {
		return
	}
	draft, err := bodies.Create(80 << 10)
	if !v.try("create a body", err) {
		return
	}
	defer draft.Drop()
	if _, err = draft.Write(make([]byte, 80<<10)); !v.try("write a body", err) {
		return
	}
	id, err := draft.Keep()
	if v.try("keep a body", err) {
		v.try("remove a body", bodies.Remove(id))
	}
}

// recover has the disk be well: the store is, too, soon and without a restart.
func (v *visit) recover() {
	v.sites.heal()
	for range 3 {
		b := &kv.Batch{}
		b.Set([]byte("pair-well"), []byte("pair-well"))
		if v.store.Space("a").Commit(ctx, b) == nil {
			v.there["pair-well"] = log.ID{Shard: ^uint32(0)}
			break
		}
	}
	require.Contains(v.t, v.there, "pair-well", "no recovery: %s", v.sites.at)
	v.append(600, 100, 1, 0, 1, 2, 3, 4, 5)
	v.append(601, 3000, 1, 3)
	require.NoError(v.t, v.store.Health().Err, v.sites.at)
}

// check requires that what was acknowledged is there and what failed is not. Of
// the streams that were trimmed and deleted some may be gone.
func (v *visit) check(s *store.Store, when string) {
	found := map[string]bool{}
	for _, id := range []log.ID{{Stream: 1}, {Stream: 2}, {Stream: 3}} {
		for id.Shard = range 8 {
			page, err := s.Log("test").Read(ctx, id, 0, everything())
			if err != nil {
				require.ErrorIs(v.t, err, log.ErrNotFound, "%s, %s", v.sites.at, when)
				continue
			}
			for _, r := range page.Records {
				require.False(v.t, found[string(r.Data)], "%s, %s: twice", v.sites.at, when)
				found[string(r.Data)] = true
			}
			page.Release()
		}
	}
	for _, pair := range pairsOf(v.t, s.Space("a")) {
		_, text, _ := strings.Cut(pair, "=")
		found[text] = true
	}
	for text, id := range v.there {
		if id.Stream < 2 {
			assert.True(v.t, found[text], "%s, %s: %.20s is missing", v.sites.at, when, text)
		}
	}
	for text := range v.failed {
		assert.False(v.t, found[text], "%s, %s: %.20s failed and is there", v.sites.at, when, text)
	}
}

// TestFailEverywhere lets each place of the store from which the disk is called
// fail, for some calls in a row: what is asked for meanwhile fails or succeeds,
// what was acknowledged is there afterwards and what failed is not, at once, after
// a kill and after a restart. Of the places a quarter is played, another one each
// time, and with SLUICE_CRASH_ALL all.
func TestFailEverywhere(t *testing.T) {
	for _, durability := range []store.Durability{store.Process, store.Disk} {
		t.Run(string(durability), func(t *testing.T) {
			calm := newVisit(t, durability, "")
			calm.live()
			calm.recover()
			calm.check(calm.store, "without trouble")
			require.NoError(t, calm.store.Close())
			places := slices.Sorted(maps.Keys(calm.sites.calls))
			hit, played, first := 0, 0, rand.IntN(4)
			// Pebble ends the process when it cannot look at a log that it uses again.
			fatal := fmt.Sprintf("kind %d of .log ", errorfs.OpFileStat)
			for n, place := range places {
				if os.Getenv("SLUICE_CRASH_ALL") == "" && n%4 != first && !strings.HasPrefix(place, fatal) {
					continue
				}
				played++
				if newVisit(t, durability, place).trouble() {
					hit++
				}
				if t.Failed() {
					return
				}
			}
			t.Logf("%d places, %d of %d failed", len(places), hit, played)
			assert.Greater(t, hit*10, played*7, "of places in which something may fail")
		})
	}
}

// trouble has the visit's place fail, and tells whether it came to that.
func (v *visit) trouble() bool {
	v.live()
	v.recover()
	v.check(v.store, "at once")
	o := v.options
	o.FS = v.sites.disk.afterKill()
	_ = v.store.Close()
	for when, o := range map[string]store.Options{"after a kill": o, "after a restart": v.options} {
		s, err := store.Open(o)
		require.NoError(v.t, err, "%s, %s", v.sites.at, when)
		v.check(s, when)
		require.NoError(v.t, s.Close())
	}
	return v.sites.hasBegun()
}
