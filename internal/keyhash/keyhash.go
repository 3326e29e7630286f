// Package keyhash computes the MD5 of many short texts at the same time.
//
// Each record that is put is routed by the MD5 of its partition key. One such
// sum takes crypto/md5 a tenth to a fifth of a microsecond, most of which the
// processor waits: every step needs the result of the one before it. A request
// of 500 small records spent a sixth of its time so. But the sums of several
// keys do not wait for each other, and a key is nearly always so short that it
// fits the one block of 64 bytes that MD5 works on. So sixteen keys go through
// the vector registers together (sixteen_amd64.s), for some 10 ns a key. Longer
// keys, and other processors, take the ordinary way. Which way it is was known
// once the program has started.
//
// md5-simd, which the bucket store uses, does the same for long messages of
// several writers, who meet in a goroutine; for a key that would cost more than
// its sum.
package keyhash

import (
	"crypto/md5"
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// Width is how many texts are worth hashing together.
const Width = 16

// Sum is an MD5 as a big-endian number of 128 bits.
type Sum struct{ High, Low uint64 }

// few is the number of texts up to which one by one is faster.
const few = 2

// longest is the longest text that fits one block: a byte ends it, and eight
// hold its length.
const longest = 64 - 1 - 8

// Of returns the sum of one text.
func Of(text string) Sum {
	if len(text) > longest {
		return ofLong(text)
	}
	var words [16]uint32
	b := unsafe.Slice(unsafe.StringData(text), len(text))
	n := 0
	for ; len(b) >= 4; b = b[4:] {
		words[n&15] = binary.LittleEndian.Uint32(b)
		n++
	}
	words[n&15] = ending(b)
	words[14] = uint32(len(text)) * 8
	s := block(&words)
	return sumOf(s[0], s[1], s[2], s[3])
}

// Many puts the sum of each text into sums, which is as long.
func Many(sums []Sum, texts []string) {
	for len(texts) > few && together {
		n := min(len(texts), Width)
		upTo16(sums[:n], texts[:n])
		sums, texts = sums[n:], texts[n:]
	}
	for i, text := range texts {
		sums[i] = Of(text)
	}
}

// upTo16 hashes texts together; lanes that none is for work in vain.
func upTo16(sums []Sum, texts []string) {
	var words [16][Width]uint32
	for lane, text := range texts {
		if len(text) > longest {
			continue
		}
		b := unsafe.Slice(unsafe.StringData(text), len(text))
		n := 0
		for ; len(b) >= 4; b = b[4:] {
			words[n&15][lane&15] = binary.LittleEndian.Uint32(b)
			n++
		}
		words[n&15][lane&15] = ending(b)
		words[14][lane&15] = uint32(len(text)) * 8
	}
	var state [4][Width]uint32
	sixteen(&state, &words)
	for lane, text := range texts {
		if len(text) > longest {
			sums[lane] = ofLong(text)
			continue
		}
		lane &= Width - 1
		sums[lane] = sumOf(state[0][lane], state[1][lane], state[2][lane], state[3][lane])
	}
}

// ending is the word with the last bytes, fewer than four, and the bit that
// follows them.
func ending(b []byte) uint32 {
	switch len(b) {
	case 0:
		return 0x80
	case 1:
		return uint32(b[0]) | 0x80<<8
	case 2:
		return uint32(b[0]) | uint32(b[1])<<8 | 0x80<<16
	}
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | 0x80<<24
}

// ofLong is for texts of more than one block. It allocates nothing up to the
// 256 characters of a partition key.
func ofLong(text string) Sum {
	var buf [1024]byte
	sum := md5.Sum(append(buf[:0], text...))
	return Sum{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])}
}

// sumOf joins the four words of a state, whose bytes stand in reverse.
func sumOf(a, b, c, d uint32) Sum {
	return Sum{
		uint64(bits.ReverseBytes32(a))<<32 | uint64(bits.ReverseBytes32(b)),
		uint64(bits.ReverseBytes32(c))<<32 | uint64(bits.ReverseBytes32(d)),
	}
}
