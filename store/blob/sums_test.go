package blob_test

import (
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"sluice/store/blob"
	"sluice/store/engine"
)

// rewritten gives the file of the first body other bytes.
func rewritten(t *testing.T, fs vfs.FS, id blob.ID, change func([]byte) []byte) {
	t.Helper()
	path := fs.PathJoin("bodies", blob.FileOf(fs, id))
	f, err := fs.Open(path)
	require.NoError(t, err)
	raw, err := io.ReadAll(f)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	out, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = out.Write(change(raw))
	require.NoError(t, err)
	require.NoError(t, out.Close())
}

// TestSums: a body that does not hold what was written to it is not served.
// One without checksums, as older versions have written it, is.
func TestSums(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{1, 1000, 64 << 10, 200_000} {
		body := strings.Repeat("0123456789", size/10+1)[:size]
		for range 20 {
			fs := vfs.NewMem()
			d := onDisk(t, fs)
			id := keep(t, d, body)
			require.Equal(t, body, read(t, d, id))
			b, err := d.Open(id)
			require.NoError(t, err)
			from := dice.IntN(size)
			part := make([]byte, 1+dice.IntN(size-from))
			_, err = b.ReadAt(part, int64(from))
			require.NoError(t, err)
			require.Equal(t, body[from:from+len(part)], string(part))
			require.NoError(t, b.Close())

			rewritten(t, fs, id, func(raw []byte) []byte {
				raw[dice.IntN(size)] ^= 1 << dice.IntN(8)
				return raw
			})
			b, err = d.Open(id)
			require.NoError(t, err)
			_, err = io.ReadAll(io.NewSectionReader(b, 0, b.Size()))
			require.ErrorIs(t, err, engine.ErrDamaged)
			require.NoError(t, b.Close())
		}
		fs := vfs.NewMem()
		d := onDisk(t, fs)
		id := keep(t, d, body)
		rewritten(t, fs, id, func(raw []byte) []byte { return raw[:size] })
		_, err := d.Open(id)
		require.ErrorIs(t, err, engine.ErrDamaged, "a power failure took the checksums")
		path := fs.PathJoin("bodies", blob.FileOf(fs, id))
		older := strings.TrimSuffix(path, ".sums")
		require.NoError(t, fs.Rename(path, older))
		require.Equal(t, body, read(t, d, id))
		copied, err := d.Link(id)
		require.NoError(t, err)
		require.Equal(t, body, read(t, d, copied))
		require.NoError(t, d.Remove(id, copied))
		_, err = d.Open(id)
		require.ErrorIs(t, err, blob.ErrNone)
		_, err = d.Open(copied)
		require.ErrorIs(t, err, blob.ErrNone)
	}
}
