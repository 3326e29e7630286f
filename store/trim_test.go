package store_test

import (
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log"
	"sluice/store/log/logtest"
	"sluice/store/log/pebblelog"
)

// TestTrimFiles writes for weeks and keeps a day: the disk holds the files of a
// day, whatever restarts there were, and those that could not be removed at first
// go later.
func TestTrimFiles(t *testing.T) {
	d, clock := newTroubled(), logtest.NewClock()
	o := options(d, store.Process, clock.Now)
	o.Coarse = filed(1000)
	s := open(t, o)
	w := &writer{log: s.Log("test"), id: log.ID{Stream: 7}, size: 3000}
	require.NoError(t, w.log.Create(ctx, []log.ID{w.id}))
	for hour := range 24 * 14 {
		clock.Advance(time.Hour)
		require.NoError(t, w.append())
		if hour%50 == 49 {
			require.NoError(t, s.Close())
			s = open(t, o)
			w.log = s.Log("test")
		}
		if hour%100 == 60 {
			d.begin(errorfs.OpRemoveAll, syscall.EIO)
			clock.Advance(5 * time.Hour)
			require.ErrorIs(t, w.log.Trim(ctx, 7, clock.Now().Add(-24*time.Hour)), syscall.EIO)
			d.end()
		}
		require.NoError(t, w.log.Trim(ctx, 7, clock.Now().Add(-24*time.Hour)))
		require.LessOrEqual(t, len(payloads(t, d.mem, 7)), 26)
		require.LessOrEqual(t, len(d.open()), 4, "what is kept open, and what is in use")
	}
	page, err := w.log.Read(ctx, w.id, 0, everything())
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(page.Records), 24)
	page.Release()
	clock.Advance(48 * time.Hour)
	require.NoError(t, w.log.Trim(ctx, 7, clock.Now().Add(-24*time.Hour)))
	require.Empty(t, payloads(t, d.mem, 7))
	require.Empty(t, d.open(), "the space of a file that is open is not given back")
	require.NoError(t, w.append())
	require.Len(t, payloads(t, d.mem, 7), 1)
	require.NoError(t, w.log.Create(ctx, []log.ID{{Stream: 8}}))
	other := &writer{log: w.log, id: log.ID{Stream: 8}, size: 3000}
	require.NoError(t, other.append())
	d.begin(errorfs.OpRemoveAll, syscall.EIO)
	require.NoError(t, w.log.Delete(ctx, 8), "its rows are gone, and the next start does the rest")
	d.end()
	require.NotEmpty(t, payloads(t, d.mem, 8))
	require.NoError(t, s.Close())
	s = open(t, o)
	w.log = s.Log("test")
	require.Empty(t, payloads(t, d.mem, 8))
	require.NoError(t, w.log.Delete(ctx, 7))
	names, err := d.mem.List("data/pebble/" + pebblelog.RecordsDir + "/test")
	require.NoError(t, err)
	require.Empty(t, names)
	require.Empty(t, d.open())
	require.NoError(t, s.Close())
}

// TestRemovedAfterRows: under "process" too no power failure finds rows whose
// file was removed: that they are gone is on the disk before the file is.
func TestRemovedAfterRows(t *testing.T) {
	for name, remove := range map[string]func(l log.Log, now time.Time) error{
		"trim":   func(l log.Log, now time.Time) error { return l.Trim(ctx, 7, now.Add(-time.Hour)) },
		"delete": func(l log.Log, _ time.Time) error { return l.Delete(ctx, 7) },
	} {
		t.Run(name, func(t *testing.T) {
			mem, clock := vfs.NewCrashableMem(), logtest.NewClock()
			var mu sync.Mutex
			var left []*vfs.MemFS
			o := options(errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
				if op.Kind == errorfs.OpRemoveAll && isRecords(op.Path) {
					mu.Lock()
					defer mu.Unlock()
					fs := logtest.Crash(mem, vfs.CrashCloneCfg{}, logtest.Removed())
					left = append(left, fs)
					_ = fs.RemoveAll(op.Path) // fails for what was not synced
				}
				return nil
			})), store.Process, clock.Now)
			o.Coarse = filed(1000)
			s := open(t, o)
			w := &writer{log: s.Log("test"), id: log.ID{Stream: 7}, size: 3000}
			require.NoError(t, w.log.Create(ctx, []log.ID{w.id}))
			for range 10 {
				clock.Advance(time.Hour)
				require.NoError(t, w.append())
			}
			require.NoError(t, remove(w.log, clock.Now()))
			require.NoError(t, s.Close())
			require.NotEmpty(t, left)
			for _, fs := range left {
				o.FS = fs
				s := open(t, o)
				page, err := s.Log("test").Read(ctx, w.id, 0, everything())
				if name == "delete" {
					require.ErrorIs(t, err, log.ErrNotFound)
				} else {
					require.NoError(t, err)
					require.NotEmpty(t, page.Records)
					require.Less(t, len(page.Records), 4)
					last, _, _ := strings.Cut(string(page.Records[len(page.Records)-1].Data), " ")
					require.Equal(t, strconv.Itoa(9), last)
					page.Release()
				}
				require.NoError(t, s.Close())
			}
		})
	}
}

// TestReserveBeside: what goes to payload files counts for the space that is kept.
func TestReserveBeside(t *testing.T) {
	d := newTroubled()
	o := options(d, store.Process, logtest.NewClock().Now)
	o.ReserveBytes = 64 << 20
	s := open(t, o)
	w := &writer{log: s.Log("test"), id: log.ID{Stream: 7}, size: 1 << 20}
	require.NoError(t, w.log.Create(ctx, []log.ID{w.id}))
	d.mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 30})
	require.NoError(t, w.append())
	require.Len(t, payloads(t, d.mem, 7), 1)
	d.mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 63 << 20})
	for i := 0; ; i++ {
		if err := w.append(); err != nil {
			require.ErrorIs(t, err, log.ErrFull)
			break
		}
		require.Less(t, i, 5, "nobody looked at the free space")
	}
	require.ErrorIs(t, s.Health().Err, store.ErrFull)
	w.check(t, w.log)
	d.mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 30})
	require.NoError(t, w.append())
	require.NoError(t, s.Close())
}

// TestTrimBeforeFailed trims all that a log has after an append to it has failed,
// which would have begun the next bucket: the log goes on where it was, also after
// a restart.
func TestTrimBeforeFailed(t *testing.T) {
	for _, durability := range []store.Durability{store.Process, store.Disk} {
		t.Run(string(durability), func(t *testing.T) {
			d, clock := newDisk(), logtest.NewClock()
			o := options(d.fs, durability, clock.Now)
			s := open(t, o)
			w := &writer{log: s.Log("test"), id: log.ID{Stream: 7}, size: 100}
			require.NoError(t, w.log.Create(ctx, []log.ID{w.id}))
			for range 5 {
				require.NoError(t, w.append())
			}
			clock.Advance(3 * time.Hour)
			d.fail.Store(true)
			require.Error(t, w.append())
			d.fail.Store(false)
			require.NoError(t, w.log.Trim(ctx, 7, clock.Now().Add(-time.Hour)))
			require.NoError(t, s.Close())
			s = open(t, o)
			c, err := s.Log("test").Append(ctx, []log.Entry{{Log: w.id, PartitionKey: "k", Data: []byte("more")}})
			require.NoError(t, err)
			require.NoError(t, c.Wait())
			require.GreaterOrEqual(t, c.Placed()[0].Position, int64(5), "a position was given again")
			require.NoError(t, s.Close())
		})
	}
}
