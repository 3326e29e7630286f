package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log"
	"sluice/store/log/logtest"
	"sluice/store/log/memlog"
	"sluice/store/log/pebblelog"
)

// filed puts every append of some bytes into payload files, few of which stay open.
func filed(bytes int) pebblelog.Coarse {
	return pebblelog.Coarse{Bytes: bytes, LogBytes: 1, FileBytes: 1 << 20, OpenFiles: 2}
}

// never is more bytes than any append has.
const never = 1 << 40

// everything is a limit that a page of these tests does not reach.
func everything() log.Limit { return log.Limit{Records: 1 << 20, Bytes: 1 << 30, Before: 1 << 62} }

// TestPagesFromFiles: whatever a page is asked for, it is the same whether its
// records come from payload files, from rows, from bundles, or from memory.
func TestPagesFromFiles(t *testing.T) {
	clock := logtest.NewClock()
	o := options(nil, store.Process, clock.Now)
	o.FS, o.Dir, o.Coarse = nil, t.TempDir(), filed(3000)
	o.Bundling = pebblelog.Bundling{Logs: 2, LogBytes: 200, Bytes: 4 << 10}
	s := open(t, o)
	defer func() { require.NoError(t, s.Close()) }()
	ids := []log.ID{{Stream: 1}, {Stream: 1, Shard: 1}, {Stream: 1, Shard: 2}}
	logs := []log.Log{memlog.New(clock.Now), s.Log("test")}
	for _, l := range logs {
		require.NoError(t, l.Create(ctx, ids))
	}
	dice := rand.New(rand.NewPCG(7, 7))
	for range 150 {
		clock.Advance(time.Duration(dice.IntN(3)) * time.Duration(dice.IntN(1000)) * time.Second)
		largest := []int{40, 400, 4000, 40_000, 200_000}[dice.IntN(5)]
		batch := make([]log.Entry, 1+dice.IntN(max(1, min(60, 600_000/largest))))
		for i := range batch {
			batch[i] = log.Entry{Log: ids[dice.IntN(len(ids))], PartitionKey: strings.Repeat("k", 1+dice.IntN(80)), Data: make([]byte, dice.IntN(largest)), Encrypted: dice.IntN(3) == 0}
			for j := range batch[i].Data {
				batch[i].Data[j] = byte(dice.Uint32())
			}
		}
		for _, l := range logs {
			c, err := l.Append(ctx, batch)
			require.NoError(t, err)
			require.NoError(t, c.Wait())
		}
	}
	for range 1500 {
		id := ids[dice.IntN(len(ids))]
		end, err := logs[0].Seek(ctx, id, log.Latest, time.Time{})
		require.NoError(t, err)
		from := dice.Int64N(end + 2)
		limit := log.Limit{Records: 1 + dice.IntN(1+dice.IntN(500)), Bytes: 1 + dice.IntN(1+dice.IntN(2<<20)), Before: 1 << 62}
		if dice.IntN(4) == 0 {
			limit.Before = dice.Int64N(end + 2)
		}
		if dice.IntN(4) == 0 {
			limit.NotBefore = clock.Now().Add(-time.Duration(dice.IntN(30_000)) * time.Second)
		}
		what := fmt.Sprintf("%v from %d of %d, %+v", id, from, end, limit)
		want, err := logs[0].Read(ctx, id, from, limit)
		require.NoError(t, err)
		got, err := logs[1].Read(ctx, id, from, limit)
		require.NoError(t, err, what)
		require.Equal(t, len(want.Records), len(got.Records), what)
		for i := range want.Records {
			require.Equal(t, want.Records[i], got.Records[i], what)
		}
		require.Equal(t, want.Next, got.Next, what)
		want.Release()
		got.Release()
		at := clock.Now().Add(-time.Duration(dice.IntN(60_000)) * time.Second)
		position, err := logs[0].Seek(ctx, id, log.AtTime, at)
		require.NoError(t, err)
		again, err := logs[1].Seek(ctx, id, log.AtTime, at)
		require.NoError(t, err)
		require.Equal(t, position, again, "%v at %v", id, at)
	}
}

// readsFS counts the reads of payload files.
type readsFS struct {
	vfs.FS
	reads, bytes atomic.Int64
}

func (f *readsFS) counted(file vfs.File, err error, name string) (vfs.File, error) {
	if err != nil || !strings.Contains(name, pebblelog.RecordsDir) {
		return file, err
	}
	return &readsFile{file, f}, nil
}

func (f *readsFS) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	file, err := f.FS.Open(name, o...)
	return f.counted(file, err, name)
}

func (f *readsFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	file, err := f.FS.OpenReadWrite(name, c, o...)
	return f.counted(file, err, name)
}

type readsFile struct {
	vfs.File
	of *readsFS
}

func (f *readsFile) ReadAt(b []byte, at int64) (int, error) {
	f.of.reads.Add(1)
	f.of.bytes.Add(int64(len(b)))
	return f.File.ReadAt(b, at)
}

// TestNeighboursTogether: what one append wrote for a log is read at once, and
// no more than one block beyond what is wanted.
func TestNeighboursTogether(t *testing.T) {
	fs := &readsFS{FS: vfs.NewMem()}
	o := options(fs, store.Process, logtest.NewClock().Now)
	o.Coarse = filed(1)
	s := open(t, o)
	defer func() { require.NoError(t, s.Close()) }()
	ids := []log.ID{{Stream: 1}, {Stream: 1, Shard: 1}}
	require.NoError(t, s.Log("test").Create(ctx, ids))
	var batch []log.Entry
	for i := range 400 {
		batch = append(batch, log.Entry{Log: ids[i%2], PartitionKey: "key", Data: make([]byte, 1021)})
	}
	for range 3 {
		c, err := s.Log("test").Append(ctx, batch)
		require.NoError(t, err)
		require.NoError(t, c.Wait())
	}
	read := func(limit log.Limit) (records int, reads, bytes int64) {
		fs.reads.Store(0)
		fs.bytes.Store(0)
		page, err := s.Log("test").Read(ctx, ids[1], 0, limit)
		require.NoError(t, err)
		defer page.Release()
		return len(page.Records), fs.reads.Load(), fs.bytes.Load()
	}
	limit := everything()
	n, reads, bytes := read(limit)
	require.Equal(t, 600, n)
	require.Equal(t, int64(3), reads, "one an append")
	require.Less(t, bytes, int64(620<<10))
	limit.Records = 1
	n, reads, bytes = read(limit)
	require.Equal(t, 1, n)
	require.Equal(t, int64(1), reads)
	require.LessOrEqual(t, bytes, int64(64<<10))
	limit.Records = 200
	n, reads, _ = read(limit)
	require.Equal(t, 200, n)
	require.Equal(t, int64(1), reads, "a full page reads nothing to find out that there is more")
}

// TestDamagedPayload: what a payload file does not hold any more is never
// served; the read fails, and the health names the file. Other files are served.
func TestDamagedPayload(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, file string, size int64){
		"cut short": func(t *testing.T, file string, size int64) { require.NoError(t, os.Truncate(file, size/2)) },
		"one bit": func(t *testing.T, file string, size int64) {
			b, err := os.ReadFile(file)
			require.NoError(t, err)
			b[size/2] ^= 4
			require.NoError(t, os.WriteFile(file, b, 0o600))
		},
		"missing": func(t *testing.T, file string, _ int64) { require.NoError(t, os.Remove(file)) },
	} {
		t.Run(name, func(t *testing.T) {
			o := options(nil, store.Process, logtest.NewClock().Now)
			o.FS, o.Dir, o.Coarse = nil, t.TempDir(), filed(1)
			s := open(t, o)
			var id log.ID
			for stream := range uint64(2) {
				id = log.ID{Stream: stream}
				require.NoError(t, s.Log("test").Create(ctx, []log.ID{id}))
				for range 20 {
					c, err := s.Log("test").Append(ctx, []log.Entry{{Log: id, PartitionKey: "k", Data: make([]byte, 2000)}})
					require.NoError(t, err)
					require.NoError(t, c.Wait())
				}
			}
			require.NoError(t, s.Close())
			files, err := filepath.Glob(filepath.Join(o.Dir, "pebble", pebblelog.RecordsDir, "test", "1", "*"))
			require.NoError(t, err)
			require.Len(t, files, 1)
			info, err := os.Stat(files[0])
			require.NoError(t, err)
			damage(t, files[0], info.Size())
			s = open(t, o)
			_, err = s.Log("test").Read(ctx, id, 0, everything())
			require.Error(t, err)
			if assert.Error(t, s.Health().Err) {
				require.ErrorContains(t, s.Health().Err, filepath.Base(files[0]))
			}
			page, err := s.Log("test").Read(ctx, log.ID{}, 0, everything())
			require.NoError(t, err)
			require.Len(t, page.Records, 20)
			page.Release()
			require.NoError(t, s.Close())
		})
	}
}
