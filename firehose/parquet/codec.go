package parquet

import (
	"bytes"
	"fmt"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
)

// Codec is how pages are packed.
type Codec int32

// The codecs, with the numbers of the format.
const (
	Uncompressed Codec = 0
	Snappy       Codec = 1
	Gzip         Codec = 2
)

// appendPage packs a page behind dst.
func (c Codec) appendPage(dst, page []byte) ([]byte, error) {
	switch c {
	case Uncompressed:
		return append(dst, page...), nil
	case Snappy:
		n := len(dst)
		most := s2.MaxEncodedLen(len(page))
		if most < 0 {
			return nil, fmt.Errorf("a page of %d bytes is too large for Snappy", len(page))
		}
		if cap(dst)-n < most {
			dst = append(dst, make([]byte, most)...)
		}
		return dst[:n+len(s2.EncodeSnappy(dst[n:n+most], page))], nil
	case Gzip:
		// A packer a page, for one a file would stay for each of many partitions.
		out := bytes.NewBuffer(dst)
		z := gzip.NewWriter(out)
		if _, err := z.Write(page); err != nil {
			return nil, err
		}
		err := z.Close()
		return out.Bytes(), err
	}
	return nil, fmt.Errorf("no codec has the number %d", c)
}
