package engine

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

var chunkSums = crc32.MakeTable(crc32.Castagnoli)

// Ending is how a log ends.
type Ending int

// The endings. Fits: behind the last good chunk stands nothing of this log. Torn: a
// part of one does, or one that does not hold what was written. GoesOn: good ones
// follow that.
const (
	Fits Ending = iota
	Torn
	GoesOn
)

// TornAt looks how a log ends, and where the last good chunk does, or the last one
// before damage.
func TornAt(f vfs.File, size int64, number uint32) (at int64, how Ending, err error) {
	at, state, more, err := endOf(f, 0, size, number)
	switch {
	case err != nil:
		return at, Fits, err
	case more:
		return at, GoesOn, nil
	case state == torn:
		return at, Torn, nil
	}
	return at, Fits, nil
}

// endOf looks for the place from a chunk on at which there is no good one any more,
// what stands there, and whether good ones follow all the same.
func endOf(f vfs.File, from, size int64, number uint32) (end int64, state int, more bool, err error) {
	block := make([]byte, logBlock)
	end, state = -1, whole
	at := int(from % logBlock)
	for begin := from - from%logBlock; begin < size; begin += logBlock {
		n, err := f.ReadAt(block[:min(logBlock, size-begin)], begin)
		if err != nil && err != io.EOF { //nolint:errorlint // as io.ReaderAt has it
			return begin, state, false, err
		}
		b := block[:n]
		for at < n && state == whole {
			at, state = chunkAt(b, at, number)
		}
		if state != whole && end < 0 {
			end = begin + int64(at)
			at++
		}
		if state != whole && chunkFrom(b, at, number) {
			return end, state, true, nil
		}
		at = 0
	}
	if end < 0 {
		end = size
	}
	return end, state, false, nil
}

// chunkFrom tells whether a good chunk begins anywhere from a place in a block on.
// Behind one whose header is damaged nobody can say where the next one begins.
func chunkFrom(b []byte, at int, number uint32) bool {
	var mark [4]byte
	binary.LittleEndian.PutUint32(mark[:], number)
	for at+longHeader <= len(b) {
		n := bytes.Index(b[at+7:], mark[:])
		if n < 0 {
			return false
		}
		if at += n; at+longHeader <= len(b) {
			if _, state := chunkAt(b, at, number); state == whole {
				return true
			}
		}
		at++
	}
	return false
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
	c := crc32.Checksum(b[at+6:to], chunkSums)
	if (c>>15|c<<17)+maskDelta != binary.LittleEndian.Uint32(b[at:]) {
		return at, torn
	}
	return to, whole
}
