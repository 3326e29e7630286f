package blob_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"sluice/store/blob"
)

func stores(t *testing.T, f func(t *testing.T, s blob.Store)) {
	t.Run("memory", func(t *testing.T) { f(t, blob.NewMemory(nil)) })
	t.Run("disk", func(t *testing.T) { f(t, onDisk(t, vfs.NewMem())) })
}

func onDisk(t *testing.T, fs vfs.FS) *blob.Disk {
	t.Helper()
	d, err := blob.OnDisk(blob.Options{FS: fs, Dir: "bodies", Durable: true})
	require.NoError(t, err)
	return d
}

func keep(t *testing.T, s blob.Store, body string) blob.ID {
	t.Helper()
	d, err := s.Create(-1)
	require.NoError(t, err)
	for len(body) > 0 {
		n := min(len(body), 100_000)
		_, err := io.WriteString(d, body[:n])
		require.NoError(t, err)
		body = body[n:]
	}
	id, err := d.Keep()
	require.NoError(t, err)
	d.Drop() // does nothing any more
	return id
}

func read(t *testing.T, s blob.Store, id blob.ID) string {
	t.Helper()
	b, err := s.Open(id)
	require.NoError(t, err)
	defer b.Close()
	out, err := io.ReadAll(io.NewSectionReader(b, 0, b.Size()))
	require.NoError(t, err)
	return string(out)
}

func TestBodies(t *testing.T) {
	stores(t, func(t *testing.T, s blob.Store) {
		bodies := []string{"a", strings.Repeat("0123456789", 100_000), strings.Repeat("x", 256<<10)}
		var ids []blob.ID
		for _, body := range bodies {
			ids = append(ids, keep(t, s, body))
		}
		require.True(t, slices.IsSorted(ids))
		for i, id := range ids {
			require.Equal(t, bodies[i], read(t, s, id))
		}
		b, err := s.Open(ids[1])
		require.NoError(t, err)
		part := make([]byte, 20)
		_, err = b.ReadAt(part, 262_140)
		require.NoError(t, err)
		require.Equal(t, "01234567890123456789", string(part))
		n, err := b.ReadAt(part, b.Size()-5)
		require.ErrorIs(t, err, io.EOF)
		require.Equal(t, 5, n)

		link, err := s.Link(ids[1])
		require.NoError(t, err)
		require.NoError(t, s.Remove(ids[1], ids[1]))
		require.Equal(t, bodies[1], read(t, s, link))
		_, err = b.ReadAt(part, 0)
		require.NoError(t, err, "who reads may finish")
		require.NoError(t, b.Close())
		_, err = s.Open(ids[1])
		require.ErrorIs(t, err, blob.ErrNone)
		_, err = s.Link(ids[1])
		require.ErrorIs(t, err, blob.ErrNone)

		d, err := s.Create(3)
		require.NoError(t, err)
		_, err = d.Write([]byte("abc"))
		require.NoError(t, err)
		d.Drop()
	})
}

func TestSweep(t *testing.T) {
	stores(t, func(t *testing.T, s blob.Store) {
		var named []blob.ID
		for i := range 20 {
			if id := keep(t, s, fmt.Sprint("body ", i)); i%3 == 0 {
				named = append(named, id)
			}
		}
		missing := named[2]
		require.NoError(t, s.Remove(missing))
		swept, err := s.Sweep(func(from, to blob.ID) (list []blob.ID, err error) {
			for _, id := range append(slices.Clone(named), 1_000_000) {
				if from <= id && id < to {
					list = append(list, id)
				}
			}
			return list, nil
		})
		require.NoError(t, err)
		require.Equal(t, 13, swept.Removed)
		require.Equal(t, []blob.ID{missing, 1_000_000}, swept.Missing)
		for i, id := range named {
			if id != missing {
				require.Equal(t, fmt.Sprint("body ", i*3), read(t, s, id))
			}
		}
	})
}

func TestNumbersGoOnAfterAStart(t *testing.T) {
	fs := vfs.NewMem()
	id := keep(t, onDisk(t, fs), "first")
	again := onDisk(t, fs)
	require.Equal(t, "first", read(t, again, id))
	require.Greater(t, keep(t, again, "second"), id)
}

// A body that was kept is there after a power failure; one that was not is
// swept.
func TestPowerFailure(t *testing.T) {
	fs := vfs.NewCrashableMem()
	d := onDisk(t, fs)
	id := keep(t, d, strings.Repeat("durable", 100_000))
	half, err := d.Create(-1)
	require.NoError(t, err)
	_, err = half.Write(bytes.Repeat([]byte("lost"), 100_000))
	require.NoError(t, err)
	for _, percent := range []int{0, 50, 100} {
		after := onDisk(t, fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rand.New(rand.NewPCG(1, 2))}))
		require.Equal(t, strings.Repeat("durable", 100_000), read(t, after, id))
		swept, err := after.Sweep(func(from, to blob.ID) ([]blob.ID, error) {
			if from <= id && id < to {
				return []blob.ID{id}, nil
			}
			return nil, nil
		})
		require.NoError(t, err)
		require.Empty(t, swept.Missing)
		require.Equal(t, strings.Repeat("durable", 100_000), read(t, after, id))
	}
}

func TestFullDisk(t *testing.T) {
	d, err := blob.OnDisk(blob.Options{FS: vfs.Default, Dir: t.TempDir() + "/bodies", ReserveBytes: 1 << 60})
	require.NoError(t, err)
	_, err = d.Create(10)
	require.ErrorIs(t, err, blob.ErrFull)
}

// What a checkpoint holds back is removed after it.
func TestHold(t *testing.T) {
	fs := vfs.NewMem()
	d := onDisk(t, fs)
	id := keep(t, d, "held")
	release := d.Hold()
	require.NoError(t, d.Remove(id))
	require.NoError(t, fs.MkdirAll("kept", 0o755))
	require.NoError(t, blob.LinkAll(fs, "bodies", "kept"))
	require.NoError(t, release())
	_, err := d.Open(id)
	require.ErrorIs(t, err, blob.ErrNone)
	kept, err := blob.OnDisk(blob.Options{FS: fs, Dir: "kept"})
	require.NoError(t, err)
	require.Equal(t, "held", read(t, kept, id))
	n, err := blob.Bytes(fs, "kept")
	require.NoError(t, err)
	require.EqualValues(t, 4+4+24, n)
}

// Pieces make the same bodies again, on disk and in memory.
func TestPieces(t *testing.T) {
	source := onDisk(t, vfs.NewMem())
	bodies := map[blob.ID]string{}
	for _, size := range []int{1, 1 << 20, 1<<20 + 1, 3 << 20} {
		body := strings.Repeat("0123456789abcdef", size/16+1)[:size]
		bodies[keep(t, source, body)] = body
	}
	into := onDisk(t, vfs.NewMem())
	to, held := into.Fill(), map[blob.ID]*blob.Held{}
	require.NoError(t, source.Each(func(id blob.ID, off int64, piece []byte) error {
		if held[id] == nil {
			held[id] = &blob.Held{}
		}
		require.True(t, held[id].Gather(off, piece))
		require.False(t, held[id].Gather(off, piece), "twice")
		fits, err := to.Add(id, off, piece) // last, for a file system may change what it is given to write
		require.True(t, fits)
		return err
	}))
	require.NoError(t, to.Flush())
	memory := blob.NewMemory(held)
	for id, body := range bodies {
		require.Equal(t, body, read(t, into, id))
		require.Equal(t, body, read(t, memory, id))
	}
	fits, err := to.Add(99, 5, []byte("x"))
	require.NoError(t, err)
	require.False(t, fits, "it does not begin at its beginning")
}
