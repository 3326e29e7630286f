package delivery

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/stretchr/testify/require"
)

// unblock reads the blocks of a stream back and counts them.
func unblock(t *testing.T, b []byte, sizes bool) (out []byte, blocks int) {
	t.Helper()
	for ; len(b) > 0; blocks++ {
		want := -1
		if sizes {
			want = int(binary.BigEndian.Uint32(b))
			b = b[4:]
		}
		n := binary.BigEndian.Uint32(b)
		block, err := s2.Decode(nil, b[4:4+n])
		require.NoError(t, err)
		if sizes {
			require.Len(t, block, want)
		}
		out, b = append(out, block...), b[4+n:]
	}
	return out, blocks
}

func TestSnappyStreams(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 100<<10)
	for i := range text {
		text[i] = byte(dice.IntN(4))
	}
	record := string(text)

	xerial := pack(t, Snappy, Joined, record[:10], record[10:70000], record[70000:])
	require.Equal(t, []byte{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1}, xerial[:16])
	out, blocks := unblock(t, xerial[16:], false)
	require.Equal(t, text, out)
	require.Equal(t, 4, blocks, "of 32 KiB each")

	out, blocks = unblock(t, pack(t, HadoopSnappy, Joined, record), true)
	require.Equal(t, text, out)
	require.Equal(t, 4, blocks)

	require.Equal(t, xerialHeader, string(pack(t, Snappy, Joined)), "an empty stream is its header")
	require.Empty(t, pack(t, HadoopSnappy, Joined))
}

func TestArchive(t *testing.T) {
	b, err := NewArchive("name", Joined)
	require.NoError(t, err)
	require.NoError(t, b.Add([]byte("abc")))
	require.NoError(t, b.Add([]byte("def")))
	packed, err := b.Close()
	require.NoError(t, err)
	r, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	require.NoError(t, err)
	require.Len(t, r.File, 1)
	require.Equal(t, "name", r.File[0].Name)
	require.Equal(t, zip.Deflate, r.File[0].Method)
	f, err := r.File[0].Open()
	require.NoError(t, err)
	text, err := io.ReadAll(f)
	require.NoError(t, err)
	require.Equal(t, "abcdef", string(text))
}

func TestEncodings(t *testing.T) {
	for c, want := range map[Compression][2]string{None: {"", ""}, Gzip: {".gz", "gzip"}, Zip: {".zip", "zip"},
		Snappy: {".snappy", "snappy-java"}, HadoopSnappy: {".snappy", "hadoop-snappy"}, Zstd: {".zst", ""}} {
		require.Equal(t, want, [2]string{c.Extension(), c.Encoding()})
	}
}
