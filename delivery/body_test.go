package delivery

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

func pack(t *testing.T, c Compression, f Framing, records ...string) []byte {
	t.Helper()
	b, err := NewBody(c, f)
	require.NoError(t, err)
	size := 0
	for _, r := range records {
		require.NoError(t, b.Add([]byte(r)))
		size += len(r)
	}
	require.Equal(t, len(records), b.Records())
	require.EqualValues(t, size, b.Size())
	out, err := b.Close()
	require.NoError(t, err)
	return bytes.Clone(out)
}

func TestBody(t *testing.T) {
	require.Equal(t, "ab\nc", string(pack(t, None, Joined, "a", "", "b\n", "c")))
	require.Equal(t, "a\n\nb\nc\n\n", string(pack(t, None, Lines, "a", "", "b\n", "c\n\n")), "a newline that is there is enough")
	require.Empty(t, pack(t, None, Lines))

	packed := pack(t, Gzip, Lines, "a", "b")
	r, err := gzip.NewReader(bytes.NewReader(packed)) // the standard library's, not the writer's own
	require.NoError(t, err)
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, "a\nb\n", string(text))
	require.Equal(t, packed, pack(t, Gzip, Lines, "a", "b"), "same bytes each time")

	z, err := zstd.NewReader(bytes.NewReader(pack(t, Zstd, Joined, "a", "b")))
	require.NoError(t, err)
	defer z.Close()
	text, err = io.ReadAll(z)
	require.NoError(t, err)
	require.Equal(t, "ab", string(text))

	_, err = NewBody("RAR", Joined)
	require.EqualError(t, err, `start an object: no compression is called "RAR"`)
	require.Equal(t, []string{"", ".gz", ".zst"}, []string{None.Extension(), Gzip.Extension(), Zstd.Extension()})
}

// A body that knows its size in advance is not copied as it grows, and says the
// same as another.
func TestBodyExpect(t *testing.T) {
	record := bytes.Repeat([]byte("r"), 1<<20)
	for _, c := range []Compression{None, Gzip} {
		b, err := NewBody(c, Joined)
		require.NoError(t, err)
		b.Expect(8 << 20)
		held := b.out.Cap()
		for range 8 {
			require.NoError(t, b.Add(record))
		}
		if c == None {
			require.Equal(t, held, b.out.Cap())
			body, err := b.Close()
			require.NoError(t, err)
			require.Equal(t, bytes.Repeat(record, 8), body)
		}
	}
}
