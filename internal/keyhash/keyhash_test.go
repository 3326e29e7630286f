package keyhash

import (
	"crypto/md5"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// plain is the sum as the standard library has it.
func plain(text string) Sum {
	sum := md5.Sum([]byte(text))
	return Sum{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])}
}

// TestLengths hashes texts of every length around the limits of a block, alone
// and beside others.
func TestLengths(t *testing.T) {
	var texts []string
	for n := range 300 {
		text := strings.Repeat("a key of some length, é ", 20)[:n]
		require.Equal(t, plain(text), Of(text), "%d bytes", n)
		texts = append(texts, text)
	}
	for n := range texts {
		sums := make([]Sum, n)
		Many(sums, texts[len(texts)-n:])
		for i, sum := range sums {
			require.Equal(t, plain(texts[len(texts)-n+i]), sum, "%d of %d", i, n)
		}
	}
	require.Equal(t, Sum{0xd41d8cd98f00b204, 0xe9800998ecf8427e}, Of(""))
}

// TestLanes holds the lanes against the block of one message.
func TestLanes(t *testing.T) {
	var words [16][Width]uint32
	for i := range words {
		for lane := range words[i] {
			words[i][lane] = uint32(i*Width+lane) * 0x9e3779b9
		}
	}
	if !together {
		t.Log("one by one on this machine")
	}
	var state [4][Width]uint32
	sixteen(&state, &words)
	for lane := range Width {
		var w [16]uint32
		for i := range w {
			w[i] = words[i][lane]
		}
		want := block(&w)
		require.Equal(t, want[:], []uint32{state[0][lane], state[1][lane], state[2][lane], state[3][lane]}, "lane %d", lane)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	texts := []string{"a", "b", "c", strings.Repeat("long", 60)}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		var sums [4]Sum
		Many(sums[:], texts)
		Of(texts[3])
	}))
}

func FuzzMany(f *testing.F) {
	f.Add("key", byte(5))
	f.Add(strings.Repeat("k", 56), byte(17))
	f.Fuzz(func(t *testing.T, text string, count byte) {
		texts := make([]string, count)
		for i := range texts {
			at := i * len(text) / len(texts)
			texts[i] = text[at:] + text[:at/2]
		}
		sums := make([]Sum, len(texts))
		Many(sums, texts)
		for i := range texts {
			require.Equal(t, plain(texts[i]), sums[i])
			require.Equal(t, plain(texts[i]), Of(texts[i]))
		}
	})
}

func BenchmarkSum(b *testing.B) {
	texts := make([]string, 500)
	for i := range texts {
		texts[i] = "abcdefgh"
	}
	sums := make([]Sum, len(texts))
	each := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(texts)), "ns/text")
	}
	b.Run("standard", func(b *testing.B) {
		for range b.N {
			for i, text := range texts {
				sums[i] = ofLong(text)
			}
		}
		each(b)
	})
	b.Run("one", func(b *testing.B) {
		for range b.N {
			for i, text := range texts {
				sums[i] = Of(text)
			}
		}
		each(b)
	})
	b.Run("many", func(b *testing.B) {
		for range b.N {
			Many(sums, texts)
		}
		each(b)
	})
}
