package store_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log"
	"sluice/store/log/logtest"
	"sluice/store/log/pebblelog"
)

// busy is a store that is appended to and trimmed all the time.
type busy struct {
	t       *testing.T
	s       *store.Store
	clock   *logtest.Clock
	logs    []log.ID
	acked   []atomic.Int64 // of each log
	stop    atomic.Bool
	running sync.WaitGroup
}

func newBusy(t *testing.T, o store.Options, clock *logtest.Clock) *busy {
	b := &busy{t: t, s: open(t, o), clock: clock}
	for i := range 6 {
		b.logs = append(b.logs, log.ID{Stream: uint64(i / 2), Shard: uint32(i % 2)})
	}
	b.acked = make([]atomic.Int64, len(b.logs))
	require.NoError(t, b.s.Log("test").Create(ctx, b.logs))
	for i := range 3 {
		b.running.Go(func() { b.write(2 * i) })
	}
	b.running.Go(b.trim)
	return b
}

// write appends to two logs in turn and at once: records that say which they
// are, of all sizes, so that they go everywhere.
func (b *busy) write(at int) {
	for n := 0; !b.stop.Load(); n++ {
		size := []int{40, 700, 5000, 90_000}[n%4]
		text := fmt.Sprint(n, " ", strings.Repeat("x", size))
		c, err := b.s.Log("test").Append(ctx, []log.Entry{
			{Log: b.logs[at], PartitionKey: "k", Data: []byte(text)}, {Log: b.logs[at+1], PartitionKey: "k", Data: []byte(text)},
		})
		if err == nil {
			err = c.Wait()
		}
		if err != nil {
			b.t.Error(err)
			return
		}
		b.acked[at].Store(int64(n + 1))
		b.acked[at+1].Store(int64(n + 1))
		b.clock.Advance(20 * time.Second)
	}
}

func (b *busy) trim() {
	for !b.stop.Load() {
		for stream := range uint64(3) {
			if err := b.s.Log("test").Trim(ctx, stream, b.clock.Now().Add(-2*time.Hour)); err != nil {
				b.t.Error(err)
				return
			}
		}
	}
}

func (b *busy) end() {
	b.stop.Store(true)
	b.running.Wait()
}

// ends is how much of each log was acknowledged.
func (b *busy) ends() (all []int64) {
	for i := range b.acked {
		all = append(all, b.acked[i].Load())
	}
	return all
}

// check requires that a copy has every log up to an end at least, each record as
// it was written, and nothing missing in between. It returns how far it goes.
func (b *busy) check(s *store.Store, ends []int64) (all []int64) {
	for i, id := range b.logs {
		page, err := s.Log("test").Read(ctx, id, 0, everything())
		require.NoError(b.t, err)
		for j, r := range page.Records {
			require.Equal(b.t, page.Records[0].Position+int64(j), r.Position)
			n, rest, _ := strings.Cut(string(r.Data), " ")
			require.Equal(b.t, strconv.FormatInt(r.Position, 10), n)
			require.Empty(b.t, strings.Trim(rest, "x"))
		}
		require.GreaterOrEqual(b.t, page.Next, ends[i], "%v", id)
		all = append(all, page.Next)
		page.Release()
	}
	return all
}

// TestCopiesWhileAppending takes copies of every kind of a store that is written
// to and trimmed meanwhile: checkpoints, two folders staged of each, a checkpoint
// of a copy, pairs. Each is whole, and none is changed by what happens to another.
func TestCopiesWhileAppending(t *testing.T) {
	for _, durability := range []store.Durability{store.Process, store.Disk} {
		t.Run(string(durability), func(t *testing.T) {
			mem, clock := vfs.NewMem(), logtest.NewClock()
			o := options(mem, durability, clock.Now)
			o.Coarse = filed(3000)
			o.Coarse.FileBytes = 300 << 10
			o.Bundling = pebblelog.Bundling{Logs: 2, LogBytes: 1000, AppendBytes: 1, Bytes: 8 << 10}
			b := newBusy(t, o, clock)
			for i := range 2 {
				b.copies(o, mem, fmt.Sprint("copy-", i))
			}
			b.end()
			require.Equal(t, b.ends(), b.check(b.s, b.ends()))
			require.NoError(t, b.s.Close())
			b.s = open(t, o)
			require.Equal(t, b.ends(), b.check(b.s, b.ends()))
			require.NoError(t, b.s.Close())
		})
	}
}

func (b *busy) copies(o store.Options, mem *vfs.MemFS, name string) {
	at := func(dir string) store.Options {
		o := o
		o.Dir = dir
		return o
	}
	ends := b.ends()
	require.NoError(b.t, b.s.Checkpoint(name))
	var g store.Gatherer
	before := b.ends()
	require.NoError(b.t, b.s.Pairs(func(key, value []byte) error {
		require.NoError(b.t, store.CheckPair(key, value))
		return g.Add(bytes.Clone(key), bytes.Clone(value))
	}))
	image, err := g.Image()
	require.NoError(b.t, err)
	memory, err := image.Open(store.Options{Now: b.clock.Now})
	require.NoError(b.t, err)
	b.check(memory, before)

	first, second := name+"-a", name+"-b"
	require.NoError(b.t, store.Stage(mem, name, first))
	require.NoError(b.t, store.Stage(mem, name, second))
	s := open(b.t, at(first))
	got := b.check(s, ends)
	for range 3 { // the copy goes its own way
		for i, id := range b.logs {
			c, err := s.Log("test").Append(ctx, []log.Entry{{Log: id, PartitionKey: "k", Data: fmt.Append(nil, got[i], " ", strings.Repeat("x", 4000))}})
			require.NoError(b.t, err)
			require.NoError(b.t, c.Wait())
			require.Equal(b.t, got[i], c.Placed()[0].Position)
			got[i]++
		}
	}
	require.NoError(b.t, s.Checkpoint(name+"-c"))
	require.NoError(b.t, s.Log("test").Delete(ctx, 1))
	require.NoError(b.t, s.Close())
	require.NoError(b.t, mem.RemoveAll(first))
	for dir, ends := range map[string][]int64{second: ends, name + "-c": got} {
		s := open(b.t, at(dir))
		b.check(s, ends)
		require.NoError(b.t, s.Close())
	}
}
