package ring_test

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"sluice/store/engine"
	"sluice/store/ring"
)

func small(fs vfs.FS) ring.Options {
	return ring.Options{FS: fs, Dir: "data/ring/test", SegmentBytes: 1 << 10, Segments: 2}
}

// put takes space, fills it and writes it.
func put(t *testing.T, r *ring.Ring, text string) ring.Space {
	t.Helper()
	s, err := r.Take(len(text))
	require.NoError(t, err)
	copy(s.Bytes, text)
	require.NoError(t, r.Write(&s, len(text)))
	require.NoError(t, r.Sync(&s))
	return s
}

func text(i int) string { return string(bytes.Repeat([]byte{byte('a' + i)}, 300)) }

// TestReuse: space that was given back is handed out again in the same file,
// and what is in use is never overwritten.
func TestReuse(t *testing.T) {
	fs := vfs.NewMem()
	r := ring.New(small(fs))
	names, err := fs.List("data")
	require.True(t, err != nil || len(names) == 0, "nothing is there before it is needed")
	var live []ring.Space
	for i := range 40 {
		live = append(live, put(t, r, text(i%26)))
		if len(live) > 3 {
			r.Release(live[0])
			live = live[1:]
		}
		for j, s := range live {
			want := text((i - len(live) + 1 + j) % 26)
			got, err := r.Read(s.Ref(len(want)))
			require.NoError(t, err)
			require.Equal(t, want, string(got))
			require.Equal(t, want, string(s.Bytes))
		}
	}
	info, err := fs.Stat("data/ring/test/1")
	require.NoError(t, err)
	require.LessOrEqual(t, info.Size(), int64(2<<10))
	require.NoError(t, r.Close())
}

// TestCrowded: there is no more than there is, and it comes back by segments.
func TestCrowded(t *testing.T) {
	r := ring.New(small(vfs.NewMem()))
	var live []ring.Space
	for i := range 6 {
		live = append(live, put(t, r, text(i)))
	}
	_, err := r.Take(300)
	require.ErrorIs(t, err, ring.ErrCrowded)
	_, err = r.Take(600)
	require.ErrorIs(t, err, ring.ErrLarge)
	r.Release(live[0])
	r.Release(live[2])
	_, err = r.Take(300)
	require.ErrorIs(t, err, ring.ErrCrowded, "a part of that segment is in use")
	r.Release(live[1])
	s := put(t, r, text(9))
	require.Equal(t, live[0].Ref(300), s.Ref(300))
}

// TestReaders: who reads the memory of a space goes on seeing it after it was
// given back.
func TestReaders(t *testing.T) {
	r := ring.New(small(vfs.NewMem()))
	s := put(t, r, text(1))
	r.Reading()
	r.Release(s)
	again := put(t, r, text(2))
	require.Equal(t, s.Ref(300), again.Ref(300))
	require.Equal(t, text(1), string(s.Bytes))
	r.Done()
	r.Release(again)
	put(t, r, text(3))
	require.Equal(t, text(3), string(again.Bytes), "without readers memory is used again")
}

// TestFailure: a write that fails ends the file. What was in it stays until it
// is not wanted any more, and then there is another.
func TestFailure(t *testing.T) {
	for _, synced := range []bool{false, true} {
		t.Run(fmt.Sprint(synced), func(t *testing.T) {
			var fail atomic.Bool
			mem := vfs.NewMem()
			fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
				if kind := map[bool]errorfs.OpKind{false: errorfs.OpFileWriteAt, true: errorfs.OpFileSyncData}[synced]; fail.Load() && op.Kind == kind {
					return syscall.ENOSPC
				}
				return nil
			}))
			o := small(fs)
			o.Synced = synced
			r := ring.New(o)
			kept := put(t, r, text(1))
			bad, err := r.Take(300)
			require.NoError(t, err)
			fail.Store(true)
			err = r.Write(&bad, 300)
			if synced {
				require.NoError(t, err)
				err = r.Sync(&bad)
			}
			require.ErrorIs(t, err, syscall.ENOSPC)
			_, err = r.Take(300)
			require.ErrorIs(t, err, ring.ErrBroken)
			fail.Store(false)
			require.ErrorIs(t, r.Write(&bad, 300), ring.ErrBroken, "it is not tried again")
			r.Release(bad)
			got, err := r.Read(kept.Ref(300))
			require.NoError(t, err)
			require.Equal(t, text(1), string(got))
			r.Release(kept)
			s := put(t, r, text(2))
			require.NotEqual(t, kept.Ref(300).File, s.Ref(300).File)
			_, err = mem.Stat("data/ring/test/1")
			require.Error(t, err, "the failed file is removed")
		})
	}
}

// TestNextProcess: a start writes to a file of its own; those before stay until
// they are swept.
func TestNextProcess(t *testing.T) {
	fs := vfs.NewMem()
	r := ring.New(small(fs))
	first := put(t, r, text(1))
	ref := first.Ref(300)
	require.False(t, r.Inherited())

	next := ring.New(small(fs)) // the first was killed
	put(t, next, text(2))
	require.True(t, next.Inherited())
	require.False(t, next.Inherited(), "it is told once")
	got, err := next.Read(ref)
	require.NoError(t, err)
	require.Equal(t, text(1), string(got))
	require.NoError(t, next.Sweep())
	_, err = next.Read(ref)
	require.Error(t, err)
	names, err := fs.List("data/ring/test")
	require.NoError(t, err)
	require.Equal(t, []string{"2"}, names)
	require.NoError(t, next.Close())
	require.NoError(t, next.Sweep())
	names, err = fs.List("data/ring/test")
	require.NoError(t, err)
	require.Empty(t, names)
}

// TestSyncAll makes durable what only the kernel had, the names too; after a sync
// that failed everything is written anew before it is trusted.
func TestSyncAll(t *testing.T) {
	var fail atomic.Bool
	var written atomic.Int64
	mem := vfs.NewCrashableMem()
	fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileWriteAt {
			written.Add(1)
		}
		if fail.Load() && op.Kind == errorfs.OpFileSyncData {
			return syscall.EIO
		}
		return nil
	}))
	require.NoError(t, mem.MkdirAll("data", 0o755))
	require.NoError(t, engine.SyncDir(mem, ""))
	r := ring.New(small(fs))
	require.NoError(t, r.SyncAll(), "nothing is there")
	first, second := put(t, r, text(1)), put(t, r, text(2))
	after := func() *ring.Ring { return ring.New(small(mem.CrashClone(vfs.CrashCloneCfg{}))) }
	_, err := after().Read(first.Ref(300))
	require.Error(t, err, "a power failure takes it")
	require.NoError(t, r.SyncAll())
	third := put(t, r, text(3))
	for i, s := range []ring.Space{first, second} {
		got, err := after().Read(s.Ref(300))
		require.NoError(t, err)
		require.Equal(t, text(1+i), string(got))
	}
	fail.Store(true)
	require.ErrorIs(t, r.SyncAll(), syscall.EIO)
	_, err = r.Take(10)
	require.ErrorIs(t, err, ring.ErrBroken)
	fail.Store(false)
	before := written.Load()
	require.NoError(t, r.SyncAll())
	require.Equal(t, before+3, written.Load())
	got, err := after().Read(third.Ref(300))
	require.NoError(t, err)
	require.Equal(t, text(3), string(got))
	for _, s := range []ring.Space{first, second, third} {
		r.Release(s)
	}
	require.NoError(t, r.SyncAll())
	put(t, r, text(4))
	require.NoError(t, r.Close())
}
