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
	}
	return nil, fmt.Errorf("no compression is called %q", string(c))
}

// open is a writer that has nothing to close.
type open struct{ io.Writer }

func (open) Close() error { return nil }
