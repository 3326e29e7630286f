package store_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log"
)

// counting counts the bytes that are read from files.
type counting struct {
	vfs.FS
	read *atomic.Int64
}

type countingFile struct {
	vfs.File
	read *atomic.Int64
}

func (c counting) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := c.FS.Open(name, o...)
	if err != nil {
		return nil, err
	}
	return countingFile{File: f, read: c.read}, nil
}

func (f countingFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.File.ReadAt(p, off)
	f.read.Add(int64(n))
	return n, err
}

// bench is a store on the machine's disk with the default options.
type bench struct {
	*testing.B
	options store.Options
	store   *store.Store
	log     log.Log
	read    atomic.Int64
}

func newBench(b *testing.B, durability store.Durability, shards int) *bench {
	n := &bench{B: b}
	n.options = store.Options{
		Dir: filepath.Join(b.TempDir(), "data"), FS: counting{FS: vfs.Default, read: &n.read},
		Durability: durability, Now: time.Now, Logger: quiet(),
	}
	n.open()
	var ids []log.ID
	for s := range shards {
		ids = append(ids, log.ID{Stream: 1, Shard: uint32(s)})
	}
	require.NoError(b, n.log.Create(ctx, ids))
	b.Cleanup(func() { _ = n.store.Close() })
	return n
}

func (n *bench) open() {
	s, err := store.Open(n.options)
	require.NoError(n, err)
	n.store, n.log = s, s.Log("bench")
}

// batchOf makes an append of records of 1 KiB spread over shards.
func batchOf(records, shards, first int) []log.Entry {
	data := make([]byte, 1<<10)
	for i := range data {
		data[i] = byte(i * 31)
	}
	batch := make([]log.Entry, records)
	for i := range batch {
		batch[i] = log.Entry{Log: log.ID{Stream: 1, Shard: uint32((first + i) % shards)}, PartitionKey: fmt.Sprint("key-", i), Data: data}
	}
	return batch
}

// put runs appends from several goroutines.
func (n *bench) put(goroutines, records, shards int) {
	var left atomic.Int64
	left.Store(int64(n.N))
	n.SetBytes(int64(records) << 10)
	n.ResetTimer()
	var wg sync.WaitGroup
	for g := range goroutines {
		batch := batchOf(records, shards, g)
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				c, err := n.log.Append(ctx, batch)
				if err == nil {
					err = c.Wait()
				}
				if err != nil {
					n.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	n.StopTimer()
	n.ReportMetric(float64(n.N)/n.Elapsed().Seconds(), "appends/s")
}

func BenchmarkAppend(b *testing.B) {
	cases := []struct {
		name                        string
		goroutines, records, shards int
	}{
		{"1x1KiB/writers=1", 1, 1, 4},
		{"1x1KiB/writers=8", 8, 1, 4},
		{"1x1KiB/writers=64", 64, 1, 4},
		{"500x1KiB/shards=4", 4, 500, 4},
		{"500x1KiB/shards=256", 4, 500, 256},
	}
	for _, c := range cases {
		for _, d := range []store.Durability{store.Process, store.Disk} {
			b.Run(c.name+"/"+string(d), func(b *testing.B) {
				newBench(b, d, c.shards).put(c.goroutines, c.records, c.shards)
			})
		}
	}
}

// BenchmarkReadCold reads one shard of many from the start after a restart,
// and counts the bytes read from files per byte returned.
func BenchmarkReadCold(b *testing.B) {
	for _, shards := range []int{4, 256} {
		b.Run(fmt.Sprint("shards=", shards), func(b *testing.B) {
			n := newBench(b, store.Process, shards)
			for i := range 400 {
				c, err := n.log.Append(ctx, batchOf(500, shards, i))
				require.NoError(b, err)
				require.NoError(b, c.Wait())
			}
			require.NoError(b, n.store.Close())
			n.open()
			n.read.Store(0)
			returned, shard := int64(0), uint32(0)
			for b.Loop() {
				returned += n.readShard(shard % uint32(shards))
				shard += 97
			}
			b.SetBytes(returned / int64(b.N))
			b.ReportMetric(float64(n.read.Load())/float64(returned), "read/returned")
		})
	}
}

func (n *bench) readShard(shard uint32) (bytes int64) {
	from := int64(0)
	for {
		page, err := n.log.Read(ctx, log.ID{Stream: 1, Shard: shard}, from, log.Limit{Records: 10_000, Bytes: 10 << 20, Before: 1 << 62})
		require.NoError(n, err)
		for _, r := range page.Records {
			bytes += int64(len(r.Data))
		}
		done := len(page.Records) == 0
		from = page.Next
		page.Release()
		if done {
			return bytes
		}
	}
}

// BenchmarkReadTail reads the newest record, as a reader who keeps up does.
func BenchmarkReadTail(b *testing.B) {
	n := newBench(b, store.Process, 4)
	for i := range 2000 {
		c, err := n.log.Append(ctx, batchOf(10, 4, i))
		require.NoError(b, err)
		require.NoError(b, c.Wait())
	}
	id := log.ID{Stream: 1}
	latest, err := n.log.Seek(ctx, id, log.Latest, time.Time{})
	require.NoError(b, err)
	for b.Loop() {
		page, err := n.log.Read(ctx, id, latest-1, log.Limit{Records: 100, Bytes: 1 << 20, Before: latest})
		if err != nil || len(page.Records) != 1 {
			b.Fatal(len(page.Records), err)
		}
		page.Release()
	}
}

// BenchmarkOpen opens and closes a folder that is there.
func BenchmarkOpen(b *testing.B) {
	n := newBench(b, store.Process, 4)
	for b.Loop() {
		require.NoError(b, n.store.Close())
		n.open()
	}
}
