package blob

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/engine"
)

// A body on disk is followed by the checksums of its pieces: one for each
// 64 KiB, u32, then the length of the body u64, the checksum of all that u32,
// and a mark. Files of versions that knew of no checksums are read unchecked;
// their names tell (names.go).
const (
	sumPiece = 64 << 10
	sumMark  = "sluice-sums1"
	sumTail  = 8 + 4 + len(sumMark)
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errSum is damage that a checksum has shown.
var errSum = fmt.Errorf("%w: the checksum of a body differs", engine.ErrDamaged)

// ErrUnfinished says that the end of a body is missing, which is written last: the
// process ended before it was kept, so that nothing names it, or a power failure
// has taken it.
var ErrUnfinished = fmt.Errorf("%w: the end of a body is missing", engine.ErrDamaged)

// sums are taken of a body while it is written.
type sums struct {
	all  []byte // of whole pieces
	last uint32 // of the piece under way
	size int64
}

func (s *sums) add(p []byte) {
	for len(p) > 0 {
		n := min(len(p), sumPiece-int(s.size%sumPiece))
		s.last = crc32.Update(s.last, castagnoli, p[:n])
		if s.size += int64(n); s.size%sumPiece == 0 {
			s.all, s.last = binary.LittleEndian.AppendUint32(s.all, s.last), 0
		}
		p = p[n:]
	}
}

// trailer is what follows the body.
func (s *sums) trailer() []byte {
	b := s.all
	if s.size%sumPiece != 0 {
		b = binary.LittleEndian.AppendUint32(b, s.last)
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(s.size))
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	return append(b, sumMark...)
}

// open makes a body of a file: a checked one if it has checksums, which it may
// lack only where checked is not said.
func open(file vfs.File, length int64, checked bool) (Body, error) {
	plain := func() (Body, error) {
		if checked {
			return nil, ErrUnfinished
		}
		return diskBody{file, length}, nil
	}
	tail := make([]byte, sumTail)
	if length < int64(sumTail) {
		return plain()
	}
	if _, err := file.ReadAt(tail, length-int64(sumTail)); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	size := int64(binary.LittleEndian.Uint64(tail))
	if string(tail[12:]) != sumMark {
		return plain()
	}
	count := (size + sumPiece - 1) / sumPiece
	if size < 0 || size > length || size+4*count+int64(sumTail) != length {
		return nil, errSum
	}
	all := make([]byte, 4*count+8)
	if _, err := file.ReadAt(all, size); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if crc32.Checksum(all, castagnoli) != binary.LittleEndian.Uint32(tail[8:]) {
		return nil, errSum
	}
	return &checkedBody{File: file, size: size, sums: all[:4*count]}, nil
}

// checkedBody is a body whose bytes are compared with their checksums.
type checkedBody struct {
	vfs.File
	size int64
	sums []byte
}

// Size implements Body.
func (b *checkedBody) Size() int64 { return b.size }

// pieces are lent to reads that do not want whole ones.
var pieceBuffers = sync.Pool{New: func() any { return new([sumPiece]byte) }}

// ReadAt implements io.ReaderAt. It reads whole pieces, those at the ends into a
// buffer of its own.
func (b *checkedBody) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) && off < b.size {
		piece := off / sumPiece
		begin := piece * sumPiece
		length := min(sumPiece, b.size-begin)
		if off == begin && int64(len(p)-n) >= length {
			if err := b.piece(p[n:n+int(length)], piece); err != nil {
				return n, err
			}
			n, off = n+int(length), off+length
			continue
		}
		buffer := pieceBuffers.Get().(*[sumPiece]byte)
		err := b.piece(buffer[:length], piece)
		if err == nil {
			m := copy(p[n:], buffer[off-begin:length])
			n, off = n+m, off+int64(m)
		}
		pieceBuffers.Put(buffer)
		if err != nil {
			return n, err
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// piece reads one and checks it.
func (b *checkedBody) piece(p []byte, piece int64) error {
	if n, err := b.File.ReadAt(p, piece*sumPiece); n < len(p) {
		if err == nil || errors.Is(err, io.EOF) {
			return errSum
		}
		return err
	}
	if crc32.Checksum(p, castagnoli) != binary.LittleEndian.Uint32(b.sums[4*piece:]) {
		return errSum
	}
	return nil
}
