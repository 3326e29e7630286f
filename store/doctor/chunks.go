package doctor

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A write-ahead log is blocks of 32 KiB of chunks, each with a header: checksum
// u32, length u16, kind u8, and from kind 5 on the low half of the log's number
// u32, from kind 9 on how much was synced u64; little-endian. Logs are used
// again, so behind the newest chunk may stand those of an older log, which the
// number tells apart. Pebble's reader takes both that and a torn chunk for the
// end.
const (
	logBlock   = 32 << 10
	longHeader = 11
	syncHeader = 19
	reusedKind = 5 // the first kind with a number
	syncKind   = 9 // the first kind with a length that was synced
	kindsEnd   = 13
	// maskDelta is added to the rotated checksum, as LevelDB began to.
	maskDelta = 0xa282ead8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// tornAt looks whether a log ends in the middle of a chunk, or in one that does
// not hold what was written: where that begins, and how. It is empty for a log
// that ends as it should, whatever stands behind its end.
func tornAt(f vfs.File, size int64, number uint32) (at int64, how string, err error) {
	block := make([]byte, logBlock)
	end := int64(-1)
	for begin := int64(0); begin < size; begin += logBlock {
		n, err := f.ReadAt(block[:min(logBlock, size-begin)], begin)
		if err != nil && err != io.EOF { //nolint:errorlint // as io.ReaderAt has it
			return begin, "", err
		}
		b := block[:n]
		if end >= 0 {
			if _, state := chunkAt(b, 0, number); state == whole {
				return end, "a chunk is damaged, and good ones follow", nil
			}
			continue
		}
		at, state := 0, whole
		for at < n && state == whole {
			at, state = chunkAt(b, at, number)
		}
		switch state {
		case torn:
			return begin + int64(at), "a chunk is torn or damaged", nil
		case foreign:
			end = begin + int64(at)
		}
	}
	return size, "", nil
}

// What a chunk is.
const (
	whole = iota
	torn
	foreign // none of this log: zeros, what an older log has left, the mark of the end
)

// chunkAt looks at the chunk at a place in a block, and says where the next one
// begins if it is whole.
func chunkAt(b []byte, at int, number uint32) (next, state int) {
	if rest := b[at:]; len(rest) < longHeader || len(rest) < syncHeader && len(bytes.Trim(rest, "\x00")) == 0 {
		return len(b), whole // no header fits in the rest of a block
	}
	kind, header := b[at+6], longHeader
	switch {
	case kind < reusedKind || kind >= kindsEnd, binary.LittleEndian.Uint32(b[at+7:]) != number:
		return at, foreign
	case kind >= syncKind:
		header = syncHeader
	}
	to := at + header + int(binary.LittleEndian.Uint16(b[at+4:]))
	if to > len(b) {
		return at, torn
	}
	c := crc32.Checksum(b[at+6:to], castagnoli)
	if (c>>15|c<<17)+maskDelta != binary.LittleEndian.Uint32(b[at:]) {
		return at, torn
	}
	return to, whole
}
