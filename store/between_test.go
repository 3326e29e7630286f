package store_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/doctor"
	"sluice/store/log"
	"sluice/store/log/logtest"
	"sluice/store/log/pebblelog"
)

// TestCutBetweenWrites: a log of a killed folder that ends exactly behind a
// write, or anywhere in the next one, holds that write and all before it, and
// the doctor finds no damage. So it is with small appends, with those in payload
// files and with those in the ring.
func TestCutBetweenWrites(t *testing.T) {
	for name, o := range map[string]store.Options{
		"blocks":        {},
		"payload files": {Coarse: pebblelog.Coarse{Bytes: 1, LogBytes: 1}},
		"ring":          {Bundling: bundled()},
	} {
		t.Run(name, func(t *testing.T) {
			d, clock := newDisk(), logtest.NewClock()
			opened := options(d.fs, store.Process, clock.Now)
			opened.MemTableBytes, opened.Coarse, opened.Bundling = 16<<20, o.Coarse, o.Bundling
			s := open(t, opened)
			h := &history{}
			for i := range 12 {
				h.steps = append(h.steps, step{ids: []log.ID{{Stream: 1, Shard: uint32(i) % crashShards}}, text: fmt.Sprint(i, " ", strings.Repeat("x", i*397%3000))})
			}
			var ends []int64 // of the log, behind each step
			l := s.Log("test")
			require.NoError(t, l.Create(ctx, []log.ID{{Stream: 1}, {Stream: 1, Shard: 1}, {Stream: 1, Shard: 2}}))
			for _, st := range h.steps {
				require.NoError(t, st.do(l, nil))
				ends = append(ends, sizeOf(t, d.mem, newestLog(t, d.mem)))
			}
			killed := d.afterKill()
			require.NoError(t, s.Close())
			for i, end := range ends[:len(ends)-1] {
				for _, at := range []int64{end, end + 1, (end + ends[i+1]) / 2, ends[i+1] - 1} {
					left := killed.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: d.dice})
					shorten(t, left, newestLog(t, left), at)
					if at == end {
						r, err := doctor.Examine(doctor.Options{Dir: "data", FS: left})
						require.NoError(t, err)
						require.False(t, r.Damaged(), "%d: %+v", at, r.Findings)
					}
					found := moment{fs: left}.inspect(t, h, store.Process)
					require.True(t, isPrefix(found), "%d: %v", at, found)
					require.Zero(t, lost(found, int64(i+1)), "%d: %v", at, found)
					require.False(t, found[i+1], "%d: %v", at, found)
				}
			}
		})
	}
}

// newestLog is the write-ahead log that was written to last.
func newestLog(t *testing.T, fs vfs.FS) (newest string) {
	t.Helper()
	names, err := fs.List("data/pebble")
	require.NoError(t, err)
	for _, name := range names {
		if strings.HasSuffix(name, ".log") {
			newest = max(newest, name)
		}
	}
	return fs.PathJoin("data/pebble", newest)
}

func sizeOf(t *testing.T, fs vfs.FS, path string) int64 {
	t.Helper()
	info, err := fs.Stat(path)
	require.NoError(t, err)
	return info.Size()
}

// shorten cuts a file.
func shorten(t *testing.T, fs vfs.FS, path string, size int64) {
	t.Helper()
	f, err := fs.Open(path)
	require.NoError(t, err)
	b := make([]byte, size)
	_, err = io.ReadFull(f, b)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	f, err = fs.Create(path, vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = f.Write(b)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}
