package delivery

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Compression is how the body of an object is packed.
type Compression string

// The compressions, spelled as the services do.
const (
	None Compression = "NONE"
	Gzip Compression = "GZIP"
	Zstd Compression = "ZSTD"
	// Zip makes an archive of one entry; see NewArchive.
	Zip Compression = "ZIP"
	// Snappy is a stream as snappy-java writes it, HadoopSnappy one as Hadoop does.
	Snappy       Compression = "Snappy"
	HadoopSnappy Compression = "HADOOP_SNAPPY"
)

// zstdWindow bounds what a reader of an object must keep, and what a writer
// takes.
const zstdWindow = 1 << 20

// Extension is what keys of such objects end with; empty without compression.
func (c Compression) Extension() string {
	switch c {
	case Gzip:
		return ".gz"
	case Zstd:
		return ".zst"
	case Zip:
		return ".zip"
	case Snappy, HadoopSnappy:
		return ".snappy"
	}
	return ""
}

// Encoding is what the Content-Encoding of such objects is where it is said.
func (c Compression) Encoding() string {
	switch c {
	case Gzip:
		return "gzip"
	case Zip:
		return "zip"
	case Snappy:
		return "snappy-java"
	case HadoopSnappy:
		return "hadoop-snappy"
	}
	return ""
}

// writer packs what is written to it into w until it is closed. Same bytes in,
// same bytes out: no name and no time go along.
func (c Compression) writer(w io.Writer) (io.WriteCloser, error) {
	switch c {
	case None:
		return open{w}, nil
	case Gzip:
		return gzip.NewWriter(w), nil
	case Zstd:
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(zstdWindow))
	case Snappy:
		return &snappyStream{to: w, header: xerialHeader}, nil
	case HadoopSnappy:
		return &snappyStream{to: w, sizes: true}, nil
	}
	return nil, fmt.Errorf("no compression is called %q", string(c))
}

// open is a writer that has nothing to close.
type open struct{ io.Writer }

func (open) Close() error { return nil }
