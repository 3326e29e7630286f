package doctor_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/doctor"
	"sluice/store/log"
)

// TestKilledWithBundles: with what a killed process has left in its ring nothing
// is wrong, and a repair of something else keeps it.
func TestKilledWithBundles(t *testing.T) {
	mem := vfs.NewCrashableMem()
	o := store.Options{Dir: "data", FS: mem, Now: func() time.Time { return time.UnixMilli(1e12) }, ReserveBytes: -1}
	s, err := store.Open(o)
	require.NoError(t, err)
	var ids []log.ID
	var batch []log.Entry
	for i := range uint32(64) {
		ids = append(ids, log.ID{Stream: 1, Shard: i})
		batch = append(batch, log.Entry{Log: ids[i], PartitionKey: "k", Data: make([]byte, 500)})
	}
	require.NoError(t, s.Log("kinesis").Create(t.Context(), ids))
	c, err := s.Log("kinesis").Append(t.Context(), batch)
	require.NoError(t, err)
	require.NoError(t, c.Wait())
	left := mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
	require.NoError(t, s.Close())

	r, err := doctor.Examine(doctor.Options{Dir: "data", FS: left})
	require.NoError(t, err)
	require.Empty(t, r.Findings)

	// A table that nobody has read, cut short.
	table, err := left.Create("data/pebble/000099.sst", vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	require.NoError(t, table.Close())
	require.NoError(t, left.Remove("data/FORMAT"))
	_, err = doctor.Repair(doctor.Options{Dir: "data", FS: left})
	require.NoError(t, err)
	o.FS = left
	s, err = store.Open(o)
	require.NoError(t, err)
	for _, id := range ids {
		page, err := s.Log("kinesis").Read(t.Context(), id, 0, log.Limit{Records: 10, Bytes: 1 << 20, Before: 1 << 62})
		require.NoError(t, err)
		require.Len(t, page.Records, 1)
		page.Release()
	}
	require.NoError(t, s.Close())
}
