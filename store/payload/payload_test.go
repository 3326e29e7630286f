package payload_test

import (
	"bytes"
	"fmt"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"sluice/store/engine"
	"sluice/store/payload"
)

// content is a block unlike all others.
func content(name string, n int) []byte { return bytes.Repeat([]byte(name+"."), n/len(name)+1)[:n] }

// put writes a block as a run of its own.
func put(t *testing.T, f *payload.Files, stream uint64, bucket uint32, b []byte) payload.Ref {
	t.Helper()
	r := &payload.Run{}
	require.NoError(t, f.Folder(stream).Reserve(r, bucket, len(b)))
	require.NoError(t, r.Write(b))
	require.NoError(t, r.Sync())
	r.Keep()
	return r.Ref(0, b)
}

func check(t *testing.T, f *payload.Files, stream uint64, ref payload.Ref, want []byte) {
	t.Helper()
	got := make([]byte, ref.Length)
	require.NoError(t, f.ReadAt(stream, ref, got))
	require.True(t, bytes.Equal(want, got))
}

func TestRef(t *testing.T) {
	ref := payload.Ref{File: 7<<32 | 9, Offset: 5, Length: 6, Sum: 0xfedc}
	b := ref.Append(nil)
	require.Len(t, b, payload.RefBytes)
	got, ok := payload.ParseRef(b)
	require.True(t, ok)
	require.Equal(t, ref, got)
	require.Equal(t, int64(11), ref.End())
	_, ok = payload.ParseRef(b[1:])
	require.False(t, ok)
}

// TestFiles writes streams in turn, over many files and few handles, and reads
// everything back, then and by a later process, which begins files of its own.
func TestFiles(t *testing.T) {
	o := payload.Options{FS: vfs.NewMem(), Dir: "pebble/records/test", FileBytes: 10_000, OpenFiles: 3}
	type kept struct {
		stream uint64
		ref    payload.Ref
		want   []byte
	}
	var all []kept
	files := map[uint64]bool{}
	for process := range 3 {
		f := payload.Open(o)
		before := len(files)
		for i := range 40 {
			k := kept{stream: uint64(i % 5), want: content(fmt.Sprint(process, "-", i), 100+i*97)}
			k.ref = put(t, f, k.stream, uint32(1+i/20), k.want)
			files[k.stream<<56|k.ref.File] = true
			all = append(all, k)
		}
		require.Greater(t, len(files), before+5)
		for _, k := range all {
			check(t, f, k.stream, k.ref, k.want)
		}
		require.NoError(t, f.Close())
	}
}

// TestTrimAndDelete removes what is old, and what a process before this one left.
func TestTrimAndDelete(t *testing.T) {
	fs := vfs.NewMem()
	o := payload.Options{FS: fs, Dir: "records"}
	f := payload.Open(o)
	block := content("a", 1000)
	first, second, third := put(t, f, 1, 10, block), put(t, f, 1, 11, block), put(t, f, 1, 10, block)
	require.Equal(t, second.File, third.File, "an older bucket joins a newer file")
	other := put(t, f, 2, 10, block)
	require.NoError(t, f.Close())

	f = payload.Open(o)
	defer func() { require.NoError(t, f.Close()) }()
	old, err := f.Folder(1).Old(10)
	require.NoError(t, err)
	require.False(t, old)
	old, err = f.Folder(1).Old(11)
	require.NoError(t, err)
	require.True(t, old)
	release := f.Hold()
	require.NoError(t, f.Folder(1).Trim(11))
	check(t, f, 1, first, block) // held
	require.NoError(t, release())
	require.NoError(t, f.Folder(1).Trim(11))
	require.ErrorIs(t, f.ReadAt(1, first, make([]byte, first.Length)), payload.ErrGone)
	check(t, f, 1, third, block)
	check(t, f, 2, other, block)
	fourth := put(t, f, 1, 12, block)
	require.Greater(t, fourth.File&0xffffffff, third.File&0xffffffff)
	require.NoError(t, f.Folder(1).Trim(13))
	require.ErrorIs(t, f.ReadAt(1, fourth, make([]byte, fourth.Length)), payload.ErrGone)
	require.NoError(t, f.Folder(2).Delete())
	require.ErrorIs(t, f.ReadAt(2, other, make([]byte, other.Length)), payload.ErrGone)
	names, err := fs.List("records")
	require.NoError(t, err)
	require.Equal(t, []string{"1"}, names)
}

// TestDamage: what is not what was written is not given, and the file is named.
func TestDamage(t *testing.T) {
	fs := vfs.NewMem()
	o := payload.Options{FS: fs, Dir: "records"}
	f := payload.Open(o)
	ref := put(t, f, 1, 10, content("a", 1000))
	require.NoError(t, f.Close())
	path := f.Path(1, ref.File)
	file, err := fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = file.WriteAt([]byte{0}, 500)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	f = payload.Open(o)
	defer func() { require.NoError(t, f.Close()) }()
	err = f.ReadAt(1, ref, make([]byte, 1000))
	require.ErrorIs(t, err, engine.ErrDamaged)
	require.ErrorContains(t, err, path)
	short := ref
	short.Offset += 10
	err = f.ReadAt(1, short, make([]byte, 1000))
	require.ErrorIs(t, err, engine.ErrDamaged)
	require.ErrorContains(t, err, path)
}

// TestSyncFails: a file of which a sync has failed takes no more, and is written
// again before the next one, for the kernel may take for done what it gave up.
func TestSyncFails(t *testing.T) {
	var fail bool
	var writes int
	fs := errorfs.Wrap(vfs.NewCrashableMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileSyncData && fail {
			return syscall.EIO
		}
		if op.Kind == errorfs.OpFileWriteAt {
			writes++
		}
		return nil
	}))
	f := payload.Open(payload.Options{FS: fs, Dir: "pebble/records/test"})
	block := content("a", 5000)
	first, pending := put(t, f, 1, 10, block), &payload.Run{}
	require.NoError(t, f.Folder(1).Reserve(pending, 10, len(block)))
	fail = true
	require.ErrorIs(t, f.Sync(), syscall.EIO)
	fail = false
	second := put(t, f, 1, 10, block)
	require.NotEqual(t, first.File, second.File)
	writes = 0
	require.NoError(t, f.Sync(), "somebody may write to it yet")
	require.Equal(t, 1, writes)
	require.NoError(t, pending.Write(block))
	pending.Keep()
	require.NoError(t, f.Sync())
	require.Equal(t, 2, writes, "it was written again once")
	check(t, f, 1, first, block)
	check(t, f, 1, pending.Ref(0, block), block)
	require.NoError(t, f.Close())
}

// TestDropped: nothing is left of files whose runs were all given up.
func TestDropped(t *testing.T) {
	fs := vfs.NewMem()
	f := payload.Open(payload.Options{FS: fs, Dir: "records", FileBytes: 10_000})
	block := content("a", 5000)
	for range 10 {
		r := &payload.Run{}
		require.NoError(t, f.Folder(1).Reserve(r, 10, len(block)))
		require.NoError(t, r.Write(block))
		r.Drop()
	}
	f.Finish()
	names, err := fs.List("records/1")
	require.NoError(t, err)
	require.Empty(t, names)
	kept := put(t, f, 1, 10, block)
	check(t, f, 1, kept, block)
	require.NoError(t, f.Close())
	names, err = fs.List("records/1")
	require.NoError(t, err)
	require.Len(t, names, 1)
}

// TestShrink: what a run does not need is the next one's.
func TestShrink(t *testing.T) {
	f := payload.Open(payload.Options{FS: vfs.NewMem(), Dir: "records"})
	a, b, c := &payload.Run{}, &payload.Run{}, &payload.Run{}
	block := content("a", 100)
	require.NoError(t, f.Folder(1).Reserve(a, 10, 150))
	a.Shrink(100)
	require.NoError(t, f.Folder(1).Reserve(b, 10, 150))
	require.NoError(t, f.Folder(1).Reserve(c, 10, 150))
	b.Shrink(100) // too late
	require.Equal(t, int64(100), a.Ref(0, block).End())
	require.Equal(t, uint32(100), b.Ref(0, block).Offset)
	require.Equal(t, uint32(250), c.Ref(0, block).Offset)
	for _, r := range []*payload.Run{a, b, c} {
		r.Drop()
	}
	require.NoError(t, f.Close())
}
