package shards

import (
	"encoding/binary"
	"math/bits"

	"sluice/internal/must"
)

// This file is on the path of every record, in and out. A sequence number has
// 56 digits, and working each out by dividing 192 bits took an eighth of a
// PutRecords of small records. But the numbers of one shard and one second
// differ only by multiples of 2^80, so what they share is turned into decimal
// once, and each costs two multiplications and two divisions of 128 bits. And the
// number after another is had by an addition in decimal (run), for 5 ns.

// 2^80 in groups of 19 digits.
const (
	counterHigh = 120_892
	counterLow  = 5_819_614_629_174_706_176
)

// numbering writes the sequence numbers of a shard for records that arrived in
// the same second. It does not change once made.
type numbering struct {
	created, second int64
	index           uint32
	base            [3]uint64 // the number of counter 0, in groups of 19 digits from the low end
	head            [19]byte  // the digits of the highest group
	headLength      int
}

// numbering returns what writes the numbers of records that arrived in that second.
func (sh *shard) numbering(second int64) numbering {
	m := numbering{created: sh.createdSec, second: second, index: sh.index}
	q := sequence{version: 2, created: m.created, shard: int64(m.index), time: m.second}
	groups := decimalGroups(q.limbs())
	must.Hold(groups[3] == 0 && groups[2] > 0, "a sequence number of shard %s has %v for its digits", sh.id, groups)
	copy(m.base[:], groups[:])
	m.headLength = len(appendGroup(m.head[:0], m.base[2]))
	return m
}

// fits tells whether m is for that shard and second.
func (m *numbering) fits(sh *shard, second int64) bool {
	return m.second == second && m.created == sh.createdSec && m.index == sh.index
}

// append writes the number of a position.
func (m *numbering) append(dst []byte, position int64) []byte {
	counter := uint64(position) + 1
	hi, lo := bits.Mul64(counter, counterLow)
	over, low := bits.Div64(hi, lo, tenTo19)
	low, carry := bits.Add64(low, m.base[0], 0)
	if carry > 0 || low >= tenTo19 {
		low -= tenTo19
		over++
	}
	hi, lo = bits.Mul64(counter, counterHigh)
	lo, carry = bits.Add64(lo, over, 0)
	hi += carry
	lo, carry = bits.Add64(lo, m.base[1], 0)
	over, middle := bits.Div64(hi+carry, lo, tenTo19)
	if over == 0 {
		dst = append(dst, m.head[:m.headLength]...)
	} else {
		dst = appendGroup(dst, m.base[2]+over)
	}
	n := len(dst)
	dst = append(dst, "00000000000000000000000000000000000000"...)
	putGroup(dst[n:], middle)
	putGroup(dst[n+19:], low)
	return dst
}

// appendNumber writes the sequence number of a record just put. Arrivals of a shard
// only grow, so its puts share a numbering until the second is over.
func (sh *shard) appendNumber(dst []byte, position, second int64) []byte {
	m := sh.tail.numbers.Load()
	if m == nil || !m.fits(sh, second) {
		fresh := sh.numbering(second)
		m = &fresh
		sh.tail.numbers.Store(m)
	}
	return m.append(dst, position)
}

// appendGroup writes a number without leading zeros.
func appendGroup(dst []byte, v uint64) []byte {
	var buf [19]byte
	putGroup(buf[:], v)
	at := 0
	for at < len(buf)-1 && buf[at] == '0' {
		at++
	}
	return append(dst, buf[at:]...)
}

// putGroup writes 19 digits.
func putGroup(to []byte, v uint64) {
	_ = to[18]
	high, low := v/1e16, v%1e16
	to[0] = byte('0' + high/100)
	to[1] = byte('0' + high/10%10)
	to[2] = byte('0' + high%10)
	putEight(to[3:], uint32(low/1e8))
	putEight(to[11:], uint32(low%1e8))
}

// putEight writes 8 digits, all at the same time in one word: it is parted
// into halves of four digits, then two, then one.
func putEight(to []byte, v uint32) {
	x := uint64(v/10000) | uint64(v%10000)<<32
	hundreds := x * 10486 >> 20 & 0x7f_0000_007f // of each half, by 100 with a reciprocal
	x = hundreds | (x-hundreds*100)<<16
	tens := x * 103 >> 10 & 0x0f_000f_000f_000f
	x = tens | (x-tens*10)<<8
	binary.LittleEndian.PutUint64(to, x|0x30303030_30303030)
}

// run writes the numbers of records that follow each other in a shard.
type run struct {
	shard            *shard
	second, position int64 // of the number that stands below
	head             [runHead]byte
	low              [4]uint64 // the 32 digits behind it, eight to a word, a digit to a byte
}

// runHead is how many digits of 56 come before the 32 that a step can change.
const runHead = 24

// step is 2^80 in the form of run.low, but that each digit is 246 too large:
// where two digits and a carry make ten or more, the bytes overflow into the
// next, as they should.
var step = [4]uint64{
	0xf6f6f6f6_f6f6f6f7, 0xf8f6feff_f8fbfef7, 0xfffcf7fa_fcf8fff7, 0xfdfafdf6_fcf7fdfc,
}

// append writes the number of a position of a put.
func (r *run) append(dst []byte, sh *shard, position, second int64) []byte {
	if r.follows(sh, position, second) {
		return r.write(dst)
	}
	from := len(dst)
	dst = sh.appendNumber(dst, position, second)
	r.start(dst[from:], sh, position, second)
	return dst
}

// read writes the number of a position that is read. m is what wrote an earlier
// one, for puts would lose theirs to times that are past.
func (r *run) read(dst []byte, m *numbering, sh *shard, position, second int64) []byte {
	if r.follows(sh, position, second) {
		return r.write(dst)
	}
	if !m.fits(sh, second) {
		*m = sh.numbering(second)
	}
	from := len(dst)
	dst = m.append(dst, position)
	r.start(dst[from:], sh, position, second)
	return dst
}

// follows goes on to the number of a position, if that can be had from the last.
func (r *run) follows(sh *shard, position, second int64) bool {
	return r.shard == sh && r.second == second && r.position+1 == position && r.next()
}

// write writes the number that stands in r.
func (r *run) write(dst []byte) []byte {
	n := len(dst)
	dst = append(dst, r.head[:]...)
	dst = append(dst, "00000000000000000000000000000000"...)
	for i, word := range r.low {
		binary.BigEndian.PutUint64(dst[n+runHead+8*i:], word|0x30303030_30303030)
	}
	return dst
}

// start notes a number.
func (r *run) start(number []byte, sh *shard, position, second int64) {
	if len(number) != runHead+8*len(r.low) {
		r.shard = nil // an odd one; the next is not worth it
		return
	}
	r.shard, r.position, r.second = sh, position, second
	copy(r.head[:], number)
	for i := range r.low {
		r.low[i] = binary.BigEndian.Uint64(number[runHead+8*i:]) & 0x0f0f0f0f_0f0f0f0f
	}
}

// next adds 2^80. It reports false when that changes more than the low digits.
func (r *run) next() bool {
	carry := uint64(0)
	for i := len(r.low) - 1; i >= 0; i-- {
		var sum uint64
		sum, carry = bits.Add64(r.low[i], step[i], carry)
		// A byte that did not overflow still has its 246, which is 15 and 6.
		r.low[i] = sum&0x0f0f0f0f_0f0f0f0f - sum>>4&0x06060606_06060606
	}
	r.position++
	return carry == 0
}
