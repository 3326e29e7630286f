package ring_test

import (
	"bytes"
	"errors"
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
	return ring.Options{FS: fs, Dir: "data/ring/test", SegmentBytes: 1 << 10, Segments: 2, Files: 4}
}

// hardened is what Reuse is given when nothing can go wrong.
func hardened() error { return nil }

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

// TestReuse: files whose contents were given back are written over, once that is
// hardened, and what is in use never is.
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
		require.NoError(t, r.Reuse(hardened))
		for j, s := range live {
			want := text((i - len(live) + 1 + j) % 26)
			got, err := r.Read(s.Ref(len(want)))
			require.NoError(t, err)
			require.Equal(t, want, string(got))
			require.Equal(t, want, string(s.Bytes))
		}
	}
	names, err = fs.List("data/ring/test")
	require.NoError(t, err)
	require.Less(t, len(names), 4)
	for _, name := range names {
		info, err := fs.Stat("data/ring/test/" + name)
		require.NoError(t, err)
		require.LessOrEqual(t, info.Size(), int64(1<<10))
	}
	require.NoError(t, r.Close())
}

// TestCrowded: there is no more memory than there is, which comes back by
// segments, and no more files, which come back by Reuse.
func TestCrowded(t *testing.T) {
	r := ring.New(small(vfs.NewMem()))
	var live []ring.Space
	take := func() {
		t.Helper()
		live = append(live, put(t, r, text(len(live)%26)))
	}
	for range 6 {
		take()
	}
	_, err := r.Take(300)
	require.ErrorIs(t, err, ring.ErrCrowded)
	_, err = r.Take(600)
	require.ErrorIs(t, err, ring.ErrLarge)
	r.Release(live[0])
	r.Release(live[2])
	_, err = r.Take(300)
	require.ErrorIs(t, err, ring.ErrCrowded, "a part of that segment is in use")
	require.Zero(t, r.Spent())
	r.Release(live[1])
	require.Equal(t, 1<<10, r.Spent())
	for range 6 { // the third file and the fourth
		take()
		if r.Spent() < 2<<10 {
			r.Release(live[len(live)-4])
		}
	}
	for _, s := range live[len(live)-6:] {
		r.Release(s)
	}
	_, err = r.Take(300)
	require.ErrorIs(t, err, ring.ErrSpent)
	broken := errors.New("no")
	require.ErrorIs(t, r.Reuse(func() error { return broken }), broken)
	_, err = r.Take(300)
	require.ErrorIs(t, err, ring.ErrSpent)
	require.NoError(t, r.Reuse(hardened))
	require.Zero(t, r.Spent())
	take()
	require.NoError(t, r.Close())
}

// TestReaders: who reads the memory of a space goes on seeing it after it was
// given back.
func TestReaders(t *testing.T) {
	r := ring.New(small(vfs.NewMem()))
	fill := func(i int) (all []ring.Space) {
		for range 3 {
			all = append(all, put(t, r, text(i)))
		}
		return all
	}
	give := func(all []ring.Space) {
		for _, s := range all {
			r.Release(s)
		}
		require.NoError(t, r.Reuse(hardened))
	}
	first := fill(1)
	second := fill(2)
	r.Reading()
	give(first)
	third := fill(3)
	require.Equal(t, first[0].Ref(300), third[0].Ref(300))
	require.Equal(t, text(1), string(first[0].Bytes))
	r.Done()
	give(second)
	fill(4)
	require.Equal(t, text(4), string(second[0].Bytes), "without readers memory is used again")
	require.NoError(t, r.Close())
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
			require.ErrorIs(t, r.Write(&bad, 300), syscall.ENOSPC, "and says why")
			r.Release(bad)
			got, err := r.Read(kept.Ref(300))
			require.NoError(t, err)
			require.Equal(t, text(1), string(got))
			r.Release(kept)
			s := put(t, r, text(2))
			require.NotEqual(t, kept.Ref(300).File, s.Ref(300).File)
			_, err = mem.Stat("data/ring/test/1")
			require.NoError(t, err)
			require.NoError(t, r.Reuse(hardened))
			_, err = mem.Stat("data/ring/test/1")
			require.Error(t, err, "the failed file is removed")
			require.NoError(t, r.Close())
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

// TestUnsaved: what only the kernel had is made durable, the names too; after a sync
// that failed everything is written again before it is trusted. What was given
// back belongs to it while it waits for Reuse, if it is asked for.
func TestUnsaved(t *testing.T) {
	var fail atomic.Bool
	var written, synced atomic.Int64
	mem := vfs.NewCrashableMem()
	fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpFileWriteAt:
			written.Add(1)
		case errorfs.OpFileSyncData:
			if synced.Add(1); fail.Load() {
				return syscall.EIO
			}
		}
		return nil
	}))
	require.NoError(t, mem.MkdirAll("data", 0o755))
	require.NoError(t, engine.SyncDir(mem, ""))
	r := ring.New(small(fs))
	require.NoError(t, r.Unsaved(true)(), "nothing is there")
	var all []ring.Space
	for i := range 4 { // in two files
		all = append(all, put(t, r, text(i)))
	}
	after := func() *ring.Ring { return ring.New(small(mem.CrashClone(vfs.CrashCloneCfg{}))) }
	check := func(i int) {
		t.Helper()
		got, err := after().Read(all[i].Ref(300))
		require.NoError(t, err)
		require.Equal(t, text(i), string(got))
	}
	_, err := after().Read(all[0].Ref(300))
	require.Error(t, err, "a power failure takes it")
	for _, s := range all[:3] {
		r.Release(s)
	}
	require.NoError(t, r.Unsaved(false)())
	check(3)
	_, err = after().Read(all[0].Ref(300))
	require.Error(t, err, "it was given back")
	require.Equal(t, int64(1), synced.Load())
	require.NoError(t, r.Reuse(func() error { return r.Unsaved(true)() }))
	check(0)
	require.Equal(t, int64(2), synced.Load())
	require.NoError(t, r.Unsaved(true)())
	require.Equal(t, int64(2), synced.Load(), "nothing has changed")
	all = append(all, put(t, r, text(4)))
	fail.Store(true)
	require.ErrorIs(t, r.Unsaved(false)(), syscall.EIO)
	_, err = r.Take(10)
	require.ErrorIs(t, err, ring.ErrBroken)
	fail.Store(false)
	before := written.Load()
	require.NoError(t, r.Unsaved(false)())
	require.Greater(t, written.Load(), before)
	check(3)
	check(4)
	r.Release(all[3])
	r.Release(all[4])
	put(t, r, text(5))
	require.NoError(t, r.Close())
}
