package pebblelog

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"sluice/store/engine"
	"sluice/store/log"
)

// A block holds neighbouring records of one log from one append:
//
//	version  1 byte, blockVersion
//	count    uvarint
//	table    per record: uvarint key length × 2 (+ 1 when encrypted), uvarint data length
//	payload  per record: key, data
//
// Position and arrival are in the block's key. There is no checksum of its
// own: Pebble has one for each of its blocks, log chunks and blob values.
const blockVersion = 1

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
	table   []byte
	payload []byte
}

// openBlock checks a stored block whole, so that next cannot fail.
func openBlock(b []byte) (block, error) {
	if len(b) < 2 || b[0] != blockVersion {
		return block{}, errBlock
	}
	b = b[1:]
	count, n := binary.Uvarint(b)
	if n <= 0 || count > uint64(len(b)) {
		return block{}, errBlock
	}
	b = b[n:]
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
	return block{count: int(count), table: b[:used], payload: b[used:]}, nil
}

// shape is the size of a record's parts and its flag.
type shape struct {
	key, data int
	encrypted bool
}

// next takes one entry off the table.
func (b *block) next() shape {
	k, n := binary.Uvarint(b.table)
	d, m := binary.Uvarint(b.table[n:])
	b.table = b.table[n+m:]
	return shape{key: int(k >> 1), data: int(d), encrypted: k&1 == 1}
}

// text is b as a string without a copy; b must not change while it is used,
// which pages promise until their release.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
