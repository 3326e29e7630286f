package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log"
	"sluice/store/log/logtest"
)

// TestReclaim checks that what is trimmed or deleted leaves the disk though
// nothing is written any more: not enough tables are there to be merged anyway.
func TestReclaim(t *testing.T) {
	for name, remove := range map[string]func(l log.Log, now time.Time) error{
		"trim":   func(l log.Log, now time.Time) error { return l.Trim(ctx, 1, now) },
		"delete": func(l log.Log, _ time.Time) error { return l.Delete(ctx, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDisk()
			clock := logtest.NewClock()
			o := options(d.fs, store.Process, clock.Now)
			o.Coarse.Bytes = never
			s := open(t, o)
			defer func() { require.NoError(t, s.Close()) }()
			l := s.Log("test")
			ids := []log.ID{{Stream: 1, Shard: 0}, {Stream: 1, Shard: 1}}
			require.NoError(t, l.Create(ctx, ids))
			for i := range 30 {
				c, err := l.Append(ctx, []log.Entry{{Log: ids[i%2], Data: make([]byte, 40<<10)}})
				require.NoError(t, err)
				require.NoError(t, c.Wait())
			}
			require.Eventually(t, func() bool { return tables(t, d) > 700<<10 }, time.Minute, time.Millisecond)
			clock.Advance(100 * time.Hour)
			require.NoError(t, remove(l, clock.Now()))
			require.Eventually(t, func() bool { return tables(t, d) < 40<<10 }, time.Minute, time.Millisecond)
		})
	}
}

// tables is the size of all tables and blob files.
func tables(t *testing.T, d *disk) (size int64) {
	t.Helper()
	names, err := d.mem.List("data/pebble")
	require.NoError(t, err)
	for _, name := range names {
		if !strings.HasSuffix(name, ".sst") && !strings.HasSuffix(name, ".blob") {
			continue
		}
		if info, err := d.mem.Stat("data/pebble/" + name); err == nil { // it may be gone by now
			size += info.Size()
		}
	}
	return size
}
