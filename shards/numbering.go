package shards

import (
	"encoding/binary"
	"math/bits"
	"time"

	"sluice/internal/must"
)

// This file is on the path of every record, in and out. A sequence number has
// 56 digits, and working each out by dividing 192 bits took an eighth of a
// PutRecords of small records. But the numbers of one shard and one second
// differ only by multiples of 2^80, so what they share is turned into decimal
// once, and each costs two multiplications and two divisions of 128 bits.

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

// numbering returns what writes the numbers of records that arrived at that time.
func (sh *shard) numbering(arrival time.Time) numbering {
	m := numbering{created: sh.createdSec, second: arrival.Unix(), index: sh.index}
	q := sequence{version: 2, created: m.created, shard: int64(m.index), time: m.second}
	groups := decimalGroups(q.limbs())
	must.Hold(groups[3] == 0 && groups[2] > 0, "a sequence number of shard %s has %v for its digits", sh.id, groups)
	copy(m.base[:], groups[:])
	m.headLength = len(appendGroup(m.head[:0], m.base[2]))
	return m
}

// fits tells whether m is for that shard and time.
func (m *numbering) fits(sh *shard, arrival time.Time) bool {
	return m.second == arrival.Unix() && m.created == sh.createdSec && m.index == sh.index
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
func (sh *shard) appendNumber(dst []byte, position int64, arrival time.Time) []byte {
	m := sh.tail.numbers.Load()
	if m == nil || !m.fits(sh, arrival) {
		fresh := sh.numbering(arrival)
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
