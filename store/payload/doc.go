// Package payload keeps the bytes of large appends in files beside the
// database, so that each is written once, with one write(2). The database has a
// row for each block of records that says where it is: a Ref.
//
// A stream has a folder, and in it append-only files whose numbers ascend.
// Nothing in a file is ever changed, so links to it are copies. A file is
// begun by each start of the process and by each checkpoint, when the one
// before is full, and when a new time bucket begins: its name carries the bucket,
// which is at or after that of all its blocks, so that trimming looks at names only.
//
// The order that makes a crash harmless is: write the bytes, then commit the
// rows; commit that the rows are gone, durably, then remove the file. What a
// crash leaves are bytes that nobody names, which go with their bucket. A power
// failure may leave rows without their bytes; whoever owns the rows compares
// their checksums then.
package payload

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"sluice/store/engine"
)

// Ref says where a block is, and what it must be. File is its bucket, shifted by
// 32, and its number.
type Ref struct {
	File           uint64
	Offset, Length uint32
	// Sum is the CRC-32C of the block.
	Sum uint32
}

// RefBytes is the size of a stored Ref.
const RefBytes = 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Append adds the stored form to b.
func (r Ref) Append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, r.File)
	b = binary.BigEndian.AppendUint32(b, r.Offset)
	b = binary.BigEndian.AppendUint32(b, r.Length)
	return binary.BigEndian.AppendUint32(b, r.Sum)
}

// ParseRef reads the stored form; ok is false when b is none.
func ParseRef(b []byte) (r Ref, ok bool) {
	if len(b) != RefBytes {
		return r, false
	}
	return Ref{
		File: binary.BigEndian.Uint64(b), Offset: binary.BigEndian.Uint32(b[8:]),
		Length: binary.BigEndian.Uint32(b[12:]), Sum: binary.BigEndian.Uint32(b[16:]),
	}, true
}

// Fits tells whether b is the block that is meant.
func (r Ref) Fits(b []byte) bool {
	return len(b) == int(r.Length) && crc32.Checksum(b, castagnoli) == r.Sum
}

// End is where the block ends in its file.
func (r Ref) End() int64 { return int64(r.Offset) + int64(r.Length) }

// fileOf is the number of a file that holds blocks up to a bucket.
func fileOf(bucket, number uint32) uint64 { return uint64(bucket)<<32 | uint64(number) }

// First is the lowest number that a file of a bucket can have.
func First(bucket uint32) uint64 { return fileOf(bucket, 0) }

// ErrGone means that the file does not exist (any more). Who has read the row
// before a trim or a delete finds that the row is gone too.
var ErrGone = errors.New("the file of these records is gone")

// damaged names a file that does not hold what it should.
func damaged(path string, how string) error {
	return fmt.Errorf("%w: %s: %s", engine.ErrDamaged, path, how)
}
