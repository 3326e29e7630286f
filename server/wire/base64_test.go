package wire

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// The vector decoder is held to the standard library's strict one at every
// length and for a bad character at every place, and must not touch a byte
// beyond the room it was given.
func TestBase64(t *testing.T) {
	standard := base64.StdEncoding.Strict()
	r := rand.New(rand.NewPCG(1, 4))
	for length := range 300 {
		data := make([]byte, length)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		coded := appendBase64([]byte("x"), data)[1:]
		require.Equal(t, standard.EncodeToString(data), string(coded))
		guarded := bytes.Repeat([]byte{0xee}, length+64)
		n, err := strictBase64.Decode(guarded[:length:length], coded)
		require.NoError(t, err)
		require.Equal(t, data, guarded[:n])
		require.Equal(t, bytes.Repeat([]byte{0xee}, 64), guarded[length:])
		for at := range coded {
			for _, c := range []byte{'=', '-', 0, 0x80, '\n', '"', coded[at] ^ 1} {
				bad := append([]byte{}, coded...)
				bad[at] = c
				want, wantErr := standard.DecodeString(string(bad))
				got, ok := decodeBase64(bad)
				require.Equal(t, wantErr == nil && c != '\n', ok, "%q", bad)
				if ok {
					require.Equal(t, want, got)
				}
			}
		}
	}
}
