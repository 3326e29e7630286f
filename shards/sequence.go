package shards

import (
	"errors"
	"fmt"
)

// sequence is a sequence number taken apart. Sluice makes numbers of version 2,
// the layout of the real service, and reads the two older ones:
//
//	digits of 47   1   9         1               16       2   9       8      1
//	version 2      2   creation  shard, 4 bits   counter  00  time    shard  2
//	version 1      2   creation  shard, 4 bits   2 other, 9 time, 14 random, 2 counter, 8 shard, 1
//	version 0 (32 digits)  1, 9 creation, 2 other, 16 random, 4 shard
//
// Inside a shard the order of numbers is the order of counters; across a
// reshard children sort after parents, because the creation second is the most
// significant field. The number of a record follows from its shard, its
// position and its arrival alone, so nothing has to be stored to remember it.
type sequence struct {
	version int
	created int64  // second in which the shard was created
	counter uint64 // position + 1; 0 stands for the start of the shard
	time    int64  // second in which the record arrived
	shard   int64  // index of the shard
}

const (
	// lastCounter is in the EndingSequenceNumber of a closed shard.
	lastCounter = 0x7fff_ffff_ffff_ffff
	// createdLimit is the first creation second the service refuses.
	createdLimit = 16_025_175_000
)

var (
	errSequenceForm    = errors.New("not a sequence number")
	errSequenceVersion = errors.New("unknown version of a sequence number")
	errSequenceRange   = errors.New("a field of the sequence number is out of range")
)

// limbs lays a number of version 2 out over 192 bits, from the low end.
func (q sequence) limbs() [3]uint64 {
	time, shard, created := uint64(q.time), uint64(uint32(q.shard)), uint64(q.created)
	return [3]uint64{
		2 | shard<<4 | time<<36,
		time>>28&0xff | q.counter<<16,
		q.counter>>48 | shard&0xf<<16 | created<<20 | 2<<56,
	}
}

// append writes the decimal form: 56 digits for the dates of our time.
func (q sequence) append(dst []byte) []byte { return appendDecimal(dst, q.limbs()) }

// String returns the decimal form.
func (q sequence) String() string {
	var buf [58]byte
	return string(q.append(buf[:0]))
}

// field reads width bits that start at bit.
func field(limbs [3]uint64, bit, width uint) uint64 {
	v := limbs[bit/64] >> (bit % 64)
	if over := bit%64 + width; over > 64 {
		v |= limbs[bit/64+1] << (64 - bit%64)
	}
	if width == 64 {
		return v
	}
	return v & (1<<width - 1)
}

// parseSequence reads a number of any version.
func parseSequence(s string) (sequence, error) {
	limbs, ok := parseDecimal(s)
	if !ok {
		return sequence{}, fmt.Errorf("%w: %q", errSequenceForm, s)
	}
	q, err := decodeSequence(limbs)
	if err == nil && q.created >= createdLimit {
		err = errSequenceRange
	}
	if err != nil {
		return sequence{}, fmt.Errorf("%w: %s", err, s)
	}
	return q, nil
}

func decodeSequence(limbs [3]uint64) (sequence, error) {
	if limbs[2] == 0 && limbs[1]>>60 <= 1 {
		// Below 2^125: the oldest form, whose leading 1 may be left out.
		return sequence{version: 0, created: int64(field(limbs, 88, 36)), shard: int64(field(limbs, 0, 16))}, nil
	}
	if limbs[2]>>56 != 2 {
		return sequence{}, errSequenceForm
	}
	q := sequence{
		version: int(field(limbs, 0, 4)),
		created: int64(field(limbs, 148, 36)),
		shard:   int64(int32(uint32(field(limbs, 4, 32)))),
	}
	switch q.version {
	case 2:
		q.counter, q.time = field(limbs, 80, 64), int64(field(limbs, 36, 36))
		if q.counter > lastCounter {
			return sequence{}, errSequenceRange
		}
	case 1:
		q.counter, q.time = field(limbs, 36, 8), int64(field(limbs, 100, 36))
	default:
		return sequence{}, errSequenceVersion
	}
	return q, nil
}
