package b64

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"testing"

	library "github.com/emmansun/base64"
	"github.com/stretchr/testify/require"
)

// random are bytes that are the same in each run.
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{6}).Read(b)
	return b
}

// TestAppendEncode holds every length against the standard library, between
// bytes that must stay what they are.
func TestAppendEncode(t *testing.T) {
	all := random(5000)
	for n := range 700 {
		for _, at := range []int{0, 1, 63} {
			src := all[at : at+n : at+n]
			want := append([]byte("before"), base64.StdEncoding.EncodeToString(src)...)
			room := make([]byte, len(want)+200)
			for i := range room {
				room[i] = 0xee
			}
			copy(room, "before")
			got := AppendEncode(room[:6], src)
			require.Equal(t, string(want), string(got))
			for _, b := range room[len(want):] {
				require.Equal(t, byte(0xee), b, "written beyond the end of %d bytes", n)
			}
			require.Equal(t, string(want), string(AppendEncode([]byte("before"), src)), "into memory that had to grow")
			require.Equal(t, len(want)-6, Encoded(n))
		}
	}
	require.Equal(t, base64.StdEncoding.EncodeToString(all), string(AppendEncode(nil, all)))
}

// TestEveryByte has each value of each place of three bytes.
func TestEveryByte(t *testing.T) {
	var src []byte
	for i := range 1 << 16 {
		src = append(src, byte(i), byte(i>>8), byte(i*7))
	}
	require.Equal(t, base64.StdEncoding.EncodeToString(src), string(AppendEncode(nil, src)))
}

func FuzzAppendEncode(f *testing.F) {
	f.Add([]byte("a"), 0)
	f.Add(random(300), 5)
	f.Fuzz(func(t *testing.T, src []byte, before int) {
		dst := make([]byte, uint(before)%100)
		got := AppendEncode(dst, src)
		require.Equal(t, base64.StdEncoding.EncodeToString(src), string(got[len(dst):]))
	})
}

func BenchmarkAppendEncode(b *testing.B) {
	page := random(32 << 20)
	out := make([]byte, 0, 256<<10)
	for _, size := range []int{100, 1 << 10, 48 << 10} {
		for name, encode := range map[string]func(dst, src []byte) []byte{
			"here": AppendEncode, "library": library.StdEncoding.AppendEncode,
			"copy": func(dst, src []byte) []byte { return append(dst, src...) },
		} {
			b.Run(fmt.Sprintf("%d/%s", size, name), func(b *testing.B) {
				b.SetBytes(int64(size))
				at := 0
				for b.Loop() {
					if cap(out)-len(out) < 2*size {
						out = out[:0]
					}
					if at+size > len(page) {
						at = 0
					}
					out = encode(out, page[at:at+size])
					at += size
				}
			})
		}
	}
}
