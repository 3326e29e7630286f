package store_test

import (
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log"
	"sluice/store/log/logtest"
)

// writesFS counts writes to files and their bytes.
type writesFS struct {
	vfs.FS
	bytes, beside atomic.Int64 // beside: writes to payload files
}

func (f *writesFS) counted(file vfs.File, err error, name string) (vfs.File, error) {
	if err != nil {
		return file, err
	}
	return &writesFile{file, f, isRecords(name)}, nil
}

// Create implements vfs.FS.
func (f *writesFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, c)
	return f.counted(file, err, name)
}

// OpenReadWrite implements vfs.FS.
func (f *writesFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	file, err := f.FS.OpenReadWrite(name, c, o...)
	return f.counted(file, err, name)
}

type writesFile struct {
	vfs.File
	of     *writesFS
	beside bool
}

// Write implements vfs.File.
func (f *writesFile) Write(b []byte) (int, error) {
	f.of.bytes.Add(int64(len(b)))
	return f.File.Write(b)
}

// WriteAt implements vfs.File.
func (f *writesFile) WriteAt(b []byte, at int64) (int, error) {
	f.of.bytes.Add(int64(len(b)))
	if f.beside {
		f.of.beside.Add(1)
	}
	return f.File.WriteAt(b, at)
}

// TestWrittenOnce: large appends are written once, each with one write, whatever
// happens to the database afterwards.
func TestWrittenOnce(t *testing.T) {
	fs := &writesFS{FS: vfs.NewMem()}
	o := options(fs, store.Process, logtest.NewClock().Now)
	s := open(t, o)
	ids := []log.ID{{Stream: 1}, {Stream: 1, Shard: 1}, {Stream: 1, Shard: 2}, {Stream: 1, Shard: 3}}
	require.NoError(t, s.Log("test").Create(ctx, ids))
	var batch []log.Entry
	payload := int64(0)
	for i := range 256 {
		batch = append(batch, log.Entry{Log: ids[i%4], PartitionKey: "key", Data: make([]byte, 1021)})
		payload += 1024
	}
	const appends = 60
	for range appends {
		c, err := s.Log("test").Append(ctx, batch)
		require.NoError(t, err)
		require.NoError(t, c.Wait())
	}
	require.NoError(t, s.Close())
	s = open(t, o)
	require.NoError(t, s.Close())
	require.Equal(t, int64(appends), fs.beside.Load())
	perByte := float64(fs.bytes.Load()) / float64(appends*payload)
	t.Logf("%.3f bytes written per payload byte", perByte)
	require.Less(t, perByte, 1.02)
}
