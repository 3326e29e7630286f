package store_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/kv"
	"sluice/store/log"
	"sluice/store/log/logtest"
)

// requireHint requires an error of a kind that says what to do.
func requireHint(t *testing.T, err, kind error, hint string) {
	t.Helper()
	require.ErrorIs(t, err, kind)
	var h *store.Hinted
	require.ErrorAs(t, err, &h)
	assert.Contains(t, h.Hint, hint)
	assert.Contains(t, err.Error(), h.Hint)
}

func TestLocked(t *testing.T) {
	o := store.Options{Dir: filepath.Join(t.TempDir(), "a", "b"), Now: logtest.NewClock().Now}
	first := open(t, o)
	_, err := store.Open(o)
	requireHint(t, err, store.ErrLocked, "--data")
	require.NoError(t, first.Close())
	require.NoError(t, open(t, o).Close(), "a closed folder can be opened again")
}

func TestNewerFormat(t *testing.T) {
	for _, text := range []string{"sluice data folder\nformat 99\n", "sluice data folder\nformat 99\nand more\n"} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "FORMAT"), []byte(text), 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "unknown"), nil, 0o644))
		_, err := store.Open(store.Options{Dir: dir, Now: logtest.NewClock().Now})
		requireHint(t, err, store.ErrNewerFormat, "later")
		require.ErrorContains(t, err, "format 99")
		names, err := os.ReadDir(dir)
		require.NoError(t, err)
		assert.Len(t, names, 3, "nothing but a lock was added")
	}
}

func TestNotOurs(t *testing.T) {
	for name, text := range map[string]string{"holiday.jpg": "", "FORMAT": "a recipe", "FORMAT ": ""} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
		_, err := store.Open(store.Options{Dir: dir, Now: logtest.NewClock().Now})
		requireHint(t, err, store.ErrNotOurs, "empty folder")
	}
	_, err := store.Open(store.Options{Dir: filepath.Join("folder_test.go", "x"), Now: logtest.NewClock().Now})
	require.ErrorContains(t, err, "--data")
}

func TestOptions(t *testing.T) {
	now := logtest.NewClock().Now
	for _, o := range []store.Options{
		{Dir: "x"}, {Now: now}, {Dir: "x", Now: now, Durability: "sometimes"},
	} {
		_, err := store.Open(o)
		require.Error(t, err)
	}
}

// fill writes what check expects to find.
func fill(t *testing.T, s *store.Store, clock *logtest.Clock) {
	fillFrom(t, s, clock, 0, fillRecords)
}

// fillRecords is how many records of a log fill writes.
const fillRecords = 20

// fillFrom writes a part of that.
func fillFrom(t *testing.T, s *store.Store, clock *logtest.Clock, from, to int) {
	l := s.Log("kinesis")
	ids := []log.ID{{Stream: 1}, {Stream: 1, Shard: 1}, {Stream: 2}}
	if from == 0 {
		require.NoError(t, l.Create(ctx, ids))
	}
	for i := from; i < to; i++ {
		batch := []log.Entry{
			{Log: ids[0], PartitionKey: "k", Data: []byte(fmt.Sprint("record ", i))},
			{Log: ids[1], PartitionKey: "ü", Data: []byte(strings.Repeat("x", i*100)), Encrypted: true},
		}
		c, err := l.Append(ctx, batch)
		require.NoError(t, err)
		require.NoError(t, c.Wait())
		clock.Advance(1000 * 1000 * 1000 * 600)
	}
	if to < fillRecords {
		return
	}
	_, err := l.Seal(ctx, ids[1:2])
	require.NoError(t, err)
	_, err = s.Catalog("kinesis", replace).Propose(ctx, kv.Command{Key: "stream", Body: []byte("state")})
	require.NoError(t, err)
}

func check(t *testing.T, s *store.Store) {
	t.Helper()
	l := s.Log("kinesis")
	for shard := range uint32(2) {
		page, err := l.Read(ctx, log.ID{Stream: 1, Shard: shard}, 0, log.Limit{Records: 100, Bytes: 1 << 20, Before: 1 << 62})
		require.NoError(t, err)
		require.Len(t, page.Records, fillRecords)
		for i, r := range page.Records {
			assert.Equal(t, int64(i), r.Position)
			assert.Equal(t, shard == 1, r.Encrypted)
			if shard == 0 {
				assert.Equal(t, fmt.Sprint("record ", i), string(r.Data))
				assert.Equal(t, "k", r.PartitionKey)
			} else {
				assert.Equal(t, strings.Repeat("x", i*100), string(r.Data))
			}
		}
		page.Release()
	}
	c, err := l.Append(ctx, []log.Entry{{Log: log.ID{Stream: 1, Shard: 1}}})
	require.NoError(t, err)
	require.NoError(t, c.Wait())
	require.ErrorIs(t, c.Placed()[0].Err, log.ErrSealed)
	v, err := s.Catalog("kinesis", replace).Get(ctx, "stream")
	require.NoError(t, err)
	assert.Equal(t, kv.Value{Version: 1, State: []byte("state")}, v)
}

// TestCheckpoint copies a store in use and opens the copy.
func TestCheckpoint(t *testing.T) {
	dir := t.TempDir()
	clock := logtest.NewClock()
	s := open(t, store.Options{Dir: filepath.Join(dir, "data"), Now: clock.Now})
	fill(t, s, clock)
	kept := filepath.Join(dir, "kept")
	require.NoError(t, s.Checkpoint(kept))
	require.Error(t, s.Checkpoint(kept), "a checkpoint replaces nothing")
	require.NoError(t, s.Log("kinesis").Delete(ctx, 1))
	require.NoError(t, s.Close())
	s = open(t, store.Options{Dir: kept, Now: clock.Now})
	check(t, s)
	require.NoError(t, s.Close())

	memory := open(t, store.Options{Memory: true, Now: clock.Now})
	require.Error(t, memory.Checkpoint(kept))
}

// TestKeptFormats opens the kept folder of every format, the current one
// included. SLUICE_KEEP_FORMAT makes the current one's when it is missing.
func TestKeptFormats(t *testing.T) {
	current := filepath.Join("testdata", "format-"+strconv.Itoa(store.Format))
	if _, err := os.Stat(current); err != nil && os.Getenv("SLUICE_KEEP_FORMAT") != "" {
		keepFormat(t, current)
	}
	for format := 1; format <= store.Format; format++ {
		t.Run(strconv.Itoa(format), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "format-"+strconv.Itoa(format)))))
			for range 2 {
				s := open(t, store.Options{Dir: dir, Now: logtest.NewClock().Now})
				check(t, s)
				require.NoError(t, s.Close())
			}
		})
	}
}

// keepFormat makes a folder as a kill leaves it, with records in all the places
// where they can be: in tables, in a log to replay, in payload files and in a ring.
func keepFormat(t *testing.T, dir string) {
	o := store.Options{Dir: filepath.Join(t.TempDir(), "data"), Boot: "this is not a machine's", Coarse: filed(1000)}
	clock := logtest.NewClock()
	o.Now = clock.Now
	s := open(t, o)
	fillFrom(t, s, clock, 0, 15)
	require.NoError(t, s.Close())
	o.Bundling = bundled()
	o.Bundling.AppendBytes, o.Bundling.SegmentBytes, o.Bundling.Bytes = 1, 8<<10, 32<<10
	s = open(t, o) // its replay writes tables
	fillFrom(t, s, clock, 15, fillRecords)
	_, err := s.Catalog("other", replace).Propose(ctx, kv.Command{Key: "k", Body: []byte("v")})
	require.NoError(t, err)
	require.NoError(t, os.CopyFS(dir, os.DirFS(o.Dir)))
	require.NoError(t, s.Close())
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "LOCK" {
			return os.Remove(path)
		}
		return err
	}))
}

// TestDirIsDurable checks that a folder made under "disk" survives at once.
func TestDirIsDurable(t *testing.T) {
	mem := vfs.NewCrashableMem()
	o := options(mem, store.Disk, logtest.NewClock().Now)
	o.Dir = "/deep/er/data"
	s := open(t, o)
	fill(t, s, logtest.NewClock())
	o.FS = mem.CrashClone(vfs.CrashCloneCfg{})
	left := open(t, o)
	check(t, left)
	require.NoError(t, left.Close())
	require.NoError(t, s.Close())
}
