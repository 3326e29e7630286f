package pebblelog

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"sluice/store/engine"
	"sluice/store/log"
)

// A block holds neighbouring records of one log, from one append:
//
//	version  1 byte, blockVersion
//	count    uvarint
//	table    per record: uvarint key length × 2 (+ 1 when encrypted), uvarint data length
//	payload  per record: key, data
//
// or from several (see bundle.go), which may have arrived at different times:
//
//	version  1 byte, blockOfRuns
//	count    uvarint
//	runs     uvarint; per run: uvarint records, uvarint ms after the bucket's start
//	table    as above
//	payload  as above
//
// Position and arrival, of the last record, are in the block's key. There is no
// checksum of its own: Pebble has one for each of its blocks, log chunks and blob values.
const (
	blockVersion = 1
	blockOfRuns  = 2
)

// blockBytes is the size at which a block is full. Small enough that a read of
// a few records does not fetch much more, large enough that keys and table
// are below 1 % of it.
const blockBytes = 64 << 10

var errBlock = fmt.Errorf("%w: malformed block", engine.ErrDamaged)

// entry is one record on its way into a block.
type entry = log.Entry

func uvarintLen(x uint64) int {
	n := 1
	for x >= 0x80 {
		x >>= 7
		n++
	}
	return n
}

// tableEntry is the first number of a record's entry in the table.
func tableEntry(e *entry) uint64 {
	x := uint64(len(e.PartitionKey)) << 1
	if e.Encrypted {
		x |= 1
	}
	return x
}

// recordSize is what a record adds to its block.
func recordSize(e *entry) int {
	return uvarintLen(tableEntry(e)) + uvarintLen(uint64(len(e.Data))) + len(e.PartitionKey) + len(e.Data)
}

// blockSize is the size of a block of count records that add up to size.
func blockSize(count, size int) int { return 1 + uvarintLen(uint64(count)) + size }

// putBlock fills b, which is exactly blockSize long, with the entries of a
// batch whose indexes are given.
func putBlock(b []byte, batch []entry, indexes []int32) {
	b[0] = blockVersion
	w := b[:1]
	w = binary.AppendUvarint(w, uint64(len(indexes)))
	for _, i := range indexes {
		w = binary.AppendUvarint(w, tableEntry(&batch[i]))
		w = binary.AppendUvarint(w, uint64(len(batch[i].Data)))
	}
	for _, i := range indexes {
		w = append(w, batch[i].PartitionKey...)
		w = append(w, batch[i].Data...)
	}
}

// block is an opened block. next walks through it.
type block struct {
	count   int
	runs    []byte // what follows the run that next is in; nil for one run
	table   []byte
	payload []byte

	start   int64 // of the bucket, in ms
	left    int   // records of this run
	arrival int64 // of this run
}

// openBlock checks a stored block whole, so that next cannot fail. at is what
// its key says of it.
func openBlock(b []byte, at place, bucket uint32) (block, error) {
	if len(b) < 2 || b[0] != blockVersion && b[0] != blockOfRuns {
		return block{}, errBlock
	}
	many := b[0] == blockOfRuns
	b = b[1:]
	count, n := binary.Uvarint(b)
	if n <= 0 || count > uint64(len(b)) {
		return block{}, errBlock
	}
	o := block{count: int(count), start: int64(bucket) * bucketMillis, left: int(count), arrival: at.arrival}
	b = b[n:]
	if many {
		var err error
		if b, err = o.openRuns(b); err != nil {
			return block{}, err
		}
	}
	used, size := 0, uint64(0)
	for range count {
		for shift := range 2 {
			x, n := binary.Uvarint(b[used:])
			if n <= 0 {
				return block{}, errBlock
			}
			used += n
			if shift == 0 {
				x >>= 1
			}
			if size += x; x > uint64(len(b)) || size > uint64(len(b)) {
				return block{}, errBlock
			}
		}
	}
	if size != uint64(len(b)-used) {
		return block{}, errBlock
	}
	o.table, o.payload = b[:used], b[used:]
	return o, nil
}

// openRuns checks the runs and returns what follows them: they hold all records,
// and their times ascend to the last one's, which o.arrival is.
func (o *block) openRuns(b []byte) (rest []byte, err error) {
	runs, n := binary.Uvarint(b)
	if n <= 0 || runs < 1 || runs > uint64(o.count) {
		return nil, errBlock
	}
	b = b[n:]
	used, records, last := 0, uint64(0), uint64(0)
	for range runs {
		count, n := binary.Uvarint(b[used:])
		if n <= 0 || count < 1 || count > uint64(o.count) {
			return nil, errBlock
		}
		used += n
		after, n := binary.Uvarint(b[used:])
		if n <= 0 || after < last {
			return nil, errBlock
		}
		used, last, records = used+n, after, records+count
	}
	if records != uint64(o.count) || o.start+int64(last) != o.arrival {
		return nil, errBlock
	}
	o.runs, o.left = b[:used], 0
	return b[used:], nil
}

// shape is the size of a record's parts, its flag and its time.
type shape struct {
	key, data int
	encrypted bool
	arrival   int64
}

// next takes one entry off the table.
func (b *block) next() shape {
	if b.left == 0 {
		count, n := binary.Uvarint(b.runs)
		after, m := binary.Uvarint(b.runs[n:])
		b.runs, b.left, b.arrival = b.runs[n+m:], int(count), b.start+int64(after)
	}
	b.left--
	k, n := binary.Uvarint(b.table)
	d, m := binary.Uvarint(b.table[n:])
	b.table = b.table[n+m:]
	return shape{key: int(k >> 1), data: int(d), encrypted: k&1 == 1, arrival: b.arrival}
}

// text is b as a string without a copy; b must not change while it is used,
// which pages promise until their release.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
