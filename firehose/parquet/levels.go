package parquet

import (
	"encoding/binary"
	"math/bits"
)

// groupSize is how many values a group of packed bits has.
const groupSize = 8

// appendHybrid packs small numbers as the format's hybrid of repeated values and
// groups of packed bits. width is how many bits each takes.
func appendHybrid[T uint8 | uint32](dst []byte, v []T, width int) []byte {
	for i := 0; i < len(v); {
		run := runAt(v, i)
		if run >= groupSize {
			dst = binary.AppendUvarint(dst, uint64(run)<<1)
			for b := 0; b < width; b += 8 {
				dst = append(dst, byte(v[i]>>b))
			}
			i += run
			continue
		}
		start := i
		for i += groupSize; i < len(v) && !repeats(v, i); i += groupSize {
		}
		end := min(i, len(v))
		dst = binary.AppendUvarint(dst, uint64((end-start+groupSize-1)/groupSize)<<1|1)
		dst = appendPacked(dst, v[start:end], width)
		i = end
	}
	return dst
}

// runAt is how often the value at i is there in a row.
func runAt[T uint8 | uint32](v []T, i int) int {
	j := i + 1
	for j < len(v) && v[j] == v[i] {
		j++
	}
	return j - i
}

// repeats tells whether a whole group from i on is one value.
func repeats[T uint8 | uint32](v []T, i int) bool {
	if len(v)-i < groupSize {
		return false
	}
	for _, x := range v[i+1 : i+groupSize] {
		if x != v[i] {
			return false
		}
	}
	return true
}

// appendPacked packs values bit by bit, the last group filled up with zeros.
func appendPacked[T uint8 | uint32](dst []byte, v []T, width int) []byte {
	var held uint64
	n := 0
	for _, x := range v {
		held |= uint64(x) << n
		for n += width; n >= 8; n -= 8 {
			dst = append(dst, byte(held))
			held >>= 8
		}
	}
	rest := (groupSize - len(v)%groupSize) % groupSize
	for n += rest * width; n > 0; n -= 8 {
		dst = append(dst, byte(held))
		held >>= 8
	}
	return dst
}

// widthOf is how many bits the numbers up to most take.
func widthOf(most int) int { return bits.Len(uint(most)) }
