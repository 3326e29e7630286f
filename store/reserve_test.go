package store_test

import (
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/kv"
	"sluice/store/log"
	"sluice/store/log/logtest"
)

// TestReserve checks that a disk counts as full while there is still room to
// seal, trim, delete and keep the catalog.
func TestReserve(t *testing.T) {
	d := newDisk()
	clock := logtest.NewClock()
	o := options(d.fs, store.Disk, clock.Now)
	o.ReserveBytes = 64 << 20
	s := open(t, o)
	defer func() { require.NoError(t, s.Close()) }()
	l := s.Log("test")
	ids := []log.ID{{Stream: 1}, {Stream: 2}}
	require.NoError(t, l.Create(ctx, ids))
	big := []log.Entry{{Log: ids[0], Data: make([]byte, 5<<20)}}
	put := func() error {
		c, err := l.Append(ctx, big)
		if err != nil {
			return err
		}
		return c.Wait()
	}
	d.mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 30})
	require.NoError(t, put())

	d.mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 63 << 20})
	for range 3 {
		require.ErrorIs(t, put(), log.ErrFull)
	}
	require.ErrorIs(t, l.Create(ctx, []log.ID{{Stream: 3}}), log.ErrFull)
	require.ErrorIs(t, s.Health().Err, store.ErrFull, "who asks learns why puts fail")
	_, err := l.Seal(ctx, ids[1:])
	require.NoError(t, err)
	_, err = s.Catalog("test", replace).Propose(ctx, kv.Command{Key: "k", Body: []byte("v")})
	require.NoError(t, err)
	clock.Advance(100 * time.Hour)
	require.NoError(t, l.Trim(ctx, 1, clock.Now()))
	require.NoError(t, l.Delete(ctx, 2))
	position, err := l.Seek(ctx, ids[0], log.Latest, time.Time{})
	require.NoError(t, err)
	assert.Equal(t, int64(1), position)

	d.mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 30})
	require.NoError(t, s.Health().Err, "also before the next put")
	require.NoError(t, put())
}
