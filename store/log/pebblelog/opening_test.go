package pebblelog

import (
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"sluice/store/engine"
	"sluice/store/log"
	"sluice/store/payload"
)

// hasty is a disk on which the first sync of a file fails, after which the kernel
// says that all is well until somebody has written to it again.
type hasty struct {
	vfs.FS
	failed, lost *bool
}

// OpenReadWrite implements vfs.FS.
func (h hasty) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := h.FS.OpenReadWrite(name, c, o...)
	return hastyFile{f, h}, err
}

type hastyFile struct {
	vfs.File
	of hasty
}

// WriteAt implements vfs.File.
func (f hastyFile) WriteAt(b []byte, off int64) (int, error) {
	*f.of.lost = false
	return f.File.WriteAt(b, off)
}

// SyncData implements vfs.File.
func (f hastyFile) SyncData() error {
	switch {
	case !*f.of.failed:
		*f.of.failed, *f.of.lost = true, true
		return syscall.EIO
	case *f.of.lost:
		return nil
	}
	return f.File.SyncData()
}

// TestFailedSyncOfAStart: what the log names is synced when a database is opened
// that a kill has left. A start for which that fails does not leave it to the next
// one to believe that it was done.
func TestFailedSyncOfAStart(t *testing.T) {
	mem := vfs.NewCrashableMem()
	fs := hasty{mem, new(bool), new(bool)}
	ref := payload.Ref{File: payload.First(bucketOf(made)) + 1, Length: 4}
	o := NewOpening(fs, "pebble")
	path := o.whole.filesOf("test").Path(7, ref.File)
	require.NoError(t, mem.MkdirAll(mem.PathDir(path), 0o755))
	require.NoError(t, engine.SyncDir(mem, ""))
	f, err := mem.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = f.Write([]byte("text"))
	require.NoError(t, err)
	require.NoError(t, f.Close())

	k := keys{namespace: "test"}
	key, value := make([]byte, k.blockBytes()), make([]byte, pointerBytes)
	k.putBlock(key, bucketOf(made), log.ID{Stream: 7}, place{last: 0, arrival: made, count: 1})
	putPointer(value, ref)
	o.Name(key, value)
	require.ErrorIs(t, o.Sync(), syscall.EIO)
	require.NoError(t, o.Sync(), "the next start")
	require.NoError(t, o.Close())
	left, err := mem.CrashClone(vfs.CrashCloneCfg{}).Open(path)
	require.NoError(t, err)
	text := make([]byte, 4)
	_, err = left.ReadAt(text, 0)
	require.NoError(t, err)
	require.Equal(t, "text", string(text))
}
