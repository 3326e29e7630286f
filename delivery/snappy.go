package delivery

import (
	"archive/zip"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/s2"
)

// snappyBlock is how much one block of either Snappy stream holds unpacked.
const snappyBlock = 32 << 10

// xerialHeader begins a stream as snappy-java writes it: a magic of eight
// bytes, its version, and the oldest version that can read it.
const xerialHeader = "\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"

// snappyStream packs blocks of raw Snappy one after the other. Such a stream is
// not the official framing format, which the services do not write.
type snappyStream struct {
	to io.Writer
	// header is written before the first block.
	header string
	// sizes tells the unpacked length before each block too, as Hadoop does.
	sizes   bool
	pending []byte
}

// Write implements io.Writer.
func (s *snappyStream) Write(p []byte) (n int, err error) {
	n = len(p)
	for len(p) > 0 {
		take := min(len(p), snappyBlock-len(s.pending))
		s.pending = append(s.pending, p[:take]...)
		p = p[take:]
		if len(s.pending) == snappyBlock {
			if err := s.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

func (s *snappyStream) flush() error {
	out := []byte(s.header)
	s.header = ""
	if len(s.pending) > 0 {
		packed := s2.EncodeSnappy(nil, s.pending)
		if s.sizes {
			out = binary.BigEndian.AppendUint32(out, uint32(len(s.pending)))
		}
		out = binary.BigEndian.AppendUint32(out, uint32(len(packed)))
		out = append(out, packed...)
	}
	s.pending = s.pending[:0]
	_, err := s.to.Write(out)
	return err
}

// Close writes what is pending. It does not close the writer below.
func (s *snappyStream) Close() error { return s.flush() }

// zipEntry packs into the only entry of an archive.
type zipEntry struct {
	io.Writer
	archive *zip.Writer
}

// Close ends the archive.
func (z *zipEntry) Close() error { return z.archive.Close() }

func newZip(w io.Writer, name string) (io.WriteCloser, error) {
	archive := zip.NewWriter(w)
	entry, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
	if err != nil {
		return nil, err
	}
	return &zipEntry{entry, archive}, nil
}
