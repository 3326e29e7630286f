package store_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log"
	"sluice/store/log/logtest"
	"sluice/store/log/pebblelog"
)

// TestCheckpointOfBundles: a checkpoint taken while bundles wait has their
// records, and needs no ring.
func TestCheckpointOfBundles(t *testing.T) {
	for _, durability := range []store.Durability{store.Process, store.Disk} {
		for _, bytesEach := range []int{100, 1000} {
			t.Run(fmt.Sprint(durability, bytesEach), func(t *testing.T) {
				d, clock := newDisk(), logtest.NewClock()
				o := options(d.fs, durability, clock.Now)
				o.Bundling = pebblelog.Bundling{}
				s := open(t, o)
				l := s.Log("test")
				var ids []log.ID
				var batch []log.Entry
				for i := range 64 {
					ids = append(ids, log.ID{Stream: 1, Shard: uint32(i)})
				}
				require.NoError(t, l.Create(ctx, ids))
				for i := range 512 {
					batch = append(batch, log.Entry{Log: ids[i%64], PartitionKey: fmt.Sprint(i), Data: bytes.Repeat([]byte{byte(i)}, bytesEach)})
				}
				for range 3 {
					c, err := l.Append(ctx, batch)
					require.NoError(t, err)
					require.NoError(t, c.Wait())
				}
				_, err := d.mem.Stat("data/pebble/ring/test/1")
				require.NoError(t, err, "it was bundled")
				require.NoError(t, s.Checkpoint("copy"))
				count := func(s *store.Store) (n int) {
					for _, id := range ids {
						page, err := s.Log("test").Read(ctx, id, 0, log.Limit{Records: 1000, Bytes: 1 << 30, Before: 1 << 62})
						require.NoError(t, err)
						n += len(page.Records)
						page.Release()
					}
					return n
				}
				require.Equal(t, 3*512, count(s))
				co := o
				co.Dir = "copy"
				copied := open(t, co)
				require.Equal(t, 3*512, count(copied))
				require.NoError(t, copied.Close())
				c, err := l.Append(ctx, batch) // goes on in bundles
				require.NoError(t, err)
				require.NoError(t, c.Wait())
				ko := o
				ko.FS = d.afterKill()
				killed := open(t, ko)
				require.Equal(t, 4*512, count(killed))
				require.NoError(t, killed.Close())
				require.NoError(t, s.Close())
				names, _ := d.mem.List("data/pebble/ring/test")
				require.Empty(t, names, "a close leaves no ring")
			})
		}
	}
}
