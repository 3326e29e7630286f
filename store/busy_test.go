package store_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log"
	"sluice/store/log/logtest"
	"sluice/store/log/pebblelog"
)

// attentive soon sees which streams are busy.
func attentive() pebblelog.Bundling {
	return pebblelog.Bundling{SmallBytes: 100, Window: 4 << 10, Bytes: 16 << 10, SegmentBytes: 16 << 10}
}

// single is the n-th record of a log.
func single(id log.ID, n int) []log.Entry {
	return []log.Entry{{Log: id, PartitionKey: fmt.Sprint(n), Data: []byte(strings.Repeat("x", 200))}}
}

func putSingle(l log.Log, id log.ID, n int) error {
	c, err := l.Append(ctx, single(id, n))
	if err == nil {
		err = c.Wait()
	}
	return err
}

// TestBusyStreams: small appends to a stream that has a good part of the traffic go
// to the ring; those to others do not, nor tiny ones, nor any where each write
// is synced.
func TestBusyStreams(t *testing.T) {
	for _, durability := range []store.Durability{store.Process, store.Disk} {
		var ring atomic.Int64
		fs := injected(newDisk().mem, func(op errorfs.Op) error {
			if op.Kind == errorfs.OpFileWriteAt && strings.Contains(op.Path, "/ring/") {
				ring.Add(1)
			}
			return nil
		})
		o := options(fs, durability, logtest.NewClock().Now)
		o.Bundling = attentive()
		s := open(t, o)
		l := s.Log("test")
		hot, cold := log.ID{Stream: 1}, log.ID{Stream: 2}
		require.NoError(t, l.Create(ctx, []log.ID{hot, cold}))
		// More than the appends f writes to the ring.
		grows := func(f func() error) bool {
			before := ring.Load()
			require.NoError(t, f())
			return ring.Load() > before
		}
		n := 0
		next := func() error { n++; return putSingle(l, hot, n-1) }
		require.False(t, grows(next), "nothing is known of it yet")
		for range 30 {
			require.NoError(t, next())
		}
		require.Equal(t, durability == store.Process, grows(next))
		require.False(t, grows(func() error { return put(l, "tiny", hot) }))
		for i := range 3 {
			for range 60 {
				require.NoError(t, next())
			}
			require.False(t, grows(func() error { return putSingle(l, cold, i) }))
		}
		for i := range 120 { // now it is the other way round
			require.NoError(t, putSingle(l, cold, 3+i))
			if i == 60 { // what it had before does not count any more
				require.NoError(t, next())
			}
		}
		require.False(t, grows(next))
		require.Equal(t, durability == store.Process, grows(func() error { return putSingle(l, cold, 123) }))
		for range 2 {
			page, err := l.Read(ctx, hot, 0, everything())
			require.NoError(t, err)
			require.Len(t, page.Records, n+1)
			page.Release()
			require.NoError(t, s.Close())
			s = open(t, o)
			l = s.Log("test")
		}
		require.NoError(t, s.Close())
	}
}

// TestKilledBusy: single records of many at once, which share their writes to the
// ring, are there whenever the process is killed once they were acknowledged.
func TestKilledBusy(t *testing.T) {
	d, clock := newDisk(), logtest.NewClock()
	o := options(d.fs, store.Process, clock.Now)
	o.Bundling = attentive()
	s := open(t, o)
	l := s.Log("test")
	const writers, rounds = 8, 60
	var acked [writers]int
	ids := make([]log.ID, writers)
	for i := range ids {
		ids[i] = log.ID{Stream: 1 + uint64(i%2), Shard: uint32(i)}
		require.NoError(t, l.Create(ctx, ids[i:i+1]))
	}
	check := func(l log.Log) {
		t.Helper()
		for i, id := range ids {
			page, err := l.Read(ctx, id, 0, everything())
			require.NoError(t, err)
			require.Len(t, page.Records, acked[i])
			for n, r := range page.Records {
				require.Equal(t, fmt.Sprint(n), r.PartitionKey)
			}
			page.Release()
		}
	}
	for round := range rounds {
		var all sync.WaitGroup
		for i, id := range ids {
			all.Go(func() {
				for range 4 {
					assert.NoError(t, putSingle(l, id, acked[i]))
					acked[i]++
				}
			})
		}
		all.Wait()
		if round%10 != 9 {
			continue
		}
		ko := o
		ko.FS = d.afterKill()
		killed := open(t, ko)
		check(killed.Log("test"))
		require.NoError(t, killed.Close())
	}
	check(l)
	require.NoError(t, s.Close())
}
