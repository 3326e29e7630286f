package shards

import (
	"math/bits"

	"sluice/internal/keyhash"
)

// hash is a hash key: an unsigned number of 128 bits. The service spreads
// partition keys over this space and a shard owns one stretch of it, both ends
// included.
type hash struct{ hi, lo uint64 }

// lastHash is 2^128 − 1, the end of the space.
func lastHash() hash { return hash{^uint64(0), ^uint64(0)} }

// tenTo19 is the greatest power of ten in a uint64; decimal text is read and
// written in groups of 19 digits.
const tenTo19 = 10_000_000_000_000_000_000

// hashOf returns the place of a partition key: the MD5 of its UTF-8 bytes as
// a big-endian number. It allocates nothing.
func hashOf(partitionKey string) hash {
	sum := keyhash.Of(partitionKey)
	return hash{sum.High, sum.Low}
}

// parseHash reads decimal digits. ok is false when the text is not a number or
// lies above 2^128 − 1.
func parseHash(s string) (h hash, ok bool) {
	if s == "" {
		return hash{}, false
	}
	for i := range len(s) {
		digit := uint64(s[i] - '0')
		if digit > 9 {
			return hash{}, false
		}
		over, hi := bits.Mul64(h.hi, 10)
		carryLo, lo := bits.Mul64(h.lo, 10)
		hi, c1 := bits.Add64(hi, carryLo, 0)
		lo, c2 := bits.Add64(lo, digit, 0)
		hi, c3 := bits.Add64(hi, 0, c2)
		if over|c1|c3 != 0 {
			return hash{}, false
		}
		h = hash{hi, lo}
	}
	return h, true
}

// String returns the decimal form.
func (h hash) String() string {
	var buf [39]byte
	return string(appendDecimal(buf[:0], [3]uint64{h.lo, h.hi}))
}

func (h hash) less(o hash) bool { return h.hi < o.hi || h.hi == o.hi && h.lo < o.lo }

// plus wraps around at 2^128, as unsigned numbers do.
func (h hash) plus(o hash) hash {
	lo, carry := bits.Add64(h.lo, o.lo, 0)
	hi, _ := bits.Add64(h.hi, o.hi, carry)
	return hash{hi, lo}
}

func (h hash) minus(o hash) hash {
	lo, borrow := bits.Sub64(h.lo, o.lo, 0)
	hi, _ := bits.Sub64(h.hi, o.hi, borrow)
	return hash{hi, lo}
}

func (h hash) next() hash     { return h.plus(hash{lo: 1}) }
func (h hash) previous() hash { return h.minus(hash{lo: 1}) }

// times multiplies, wrapping around at 2^128.
func (h hash) times(n uint64) hash {
	carry, lo := bits.Mul64(h.lo, n)
	return hash{h.hi*n + carry, lo}
}

// over divides by n, which is not 0.
func (h hash) over(n uint64) (quotient hash, rest uint64) {
	hi, rest := bits.Div64(0, h.hi, n)
	lo, rest := bits.Div64(rest, h.lo, n)
	return hash{hi, lo}, rest
}

// middle is where the upper half of [from, to] starts. Of an odd number of
// keys the upper half gets one more.
func middle(from, to hash) hash {
	half, rest := to.minus(from).over(2)
	return from.plus(half).plus(hash{lo: rest})
}

// evenStart is where shard i of n begins in a new stream: i times ⌊2^128 / n⌋.
func evenStart(i, n int) hash {
	if i == 0 {
		return hash{}
	}
	step, rest := lastHash().over(uint64(n))
	if rest == uint64(n)-1 {
		step = step.next() // 2^128 itself is divisible by n
	}
	return step.times(uint64(i))
}

// decimalGroups parts a number of 192 bits, given as limbs, into groups of 19
// digits; both go from the low end.
func decimalGroups(limbs [3]uint64) (groups [4]uint64) {
	for n := 0; limbs != [3]uint64{}; n++ {
		var rest uint64
		for i := 2; i >= 0; i-- {
			limbs[i], rest = bits.Div64(rest, limbs[i], tenTo19)
		}
		groups[n] = rest
	}
	return groups
}

// appendDecimal writes a number of 192 bits, given as limbs from the low end.
func appendDecimal(dst []byte, limbs [3]uint64) []byte {
	groups := decimalGroups(limbs)
	top := len(groups) - 1
	for top > 0 && groups[top] == 0 {
		top--
	}
	dst = appendGroup(dst, groups[top])
	for top--; top >= 0; top-- {
		n := len(dst)
		dst = append(dst, "0000000000000000000"...)
		putGroup(dst[n:], groups[top])
	}
	return dst
}

// parseDecimal reads a number below 2^192 into limbs from the low end.
func parseDecimal(s string) (limbs [3]uint64, ok bool) {
	if s == "" {
		return limbs, false
	}
	for i := range len(s) {
		carry := uint64(s[i] - '0')
		if carry > 9 {
			return limbs, false
		}
		for j := range limbs {
			hi, lo := bits.Mul64(limbs[j], 10)
			var c uint64
			limbs[j], c = bits.Add64(lo, carry, 0)
			carry = hi + c
		}
		if carry != 0 {
			return limbs, false
		}
	}
	return limbs, true
}
