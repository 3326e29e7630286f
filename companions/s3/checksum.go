package s3

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/minio/crc64nvme"
	"github.com/zeebo/xxh3"
)

// The checksums that clients may choose.
const (
	crc32Sum  = "CRC32"
	crc32cSum = "CRC32C"
	crc64Sum  = "CRC64NVME"
	sha1Sum   = "SHA1"
	sha256Sum = "SHA256"
	sha512Sum = "SHA512"
	md5Sum    = "MD5"
	xx64Sum   = "XXHASH64"
	xx3Sum    = "XXHASH3"
	xx128Sum  = "XXHASH128"

	fullObject = "FULL_OBJECT"
	composite  = "COMPOSITE"
)

const checksumPrefix = "x-amz-checksum-"

// algorithms are all, in the order of the service's own messages.
func algorithms() []string {
	return []string{crc32Sum, crc32cSum, crc64Sum, md5Sum, sha1Sum, sha256Sum, sha512Sum, xx128Sum, xx3Sum, xx64Sum}
}

// algorithmNamed finds an algorithm by any spelling of its name.
func algorithmNamed(name string) (string, bool) {
	for _, a := range algorithms() {
		if strings.EqualFold(a, name) {
			return a, true
		}
	}
	return "", false
}

// sumHeader is the header that carries a checksum.
func sumHeader(algorithm string) string { return checksumPrefix + strings.ToLower(algorithm) }

// nvme is the reversed polynomial of CRC-64/NVME.
const nvme = 0x9a6c9329ac4bc9b5

// newSum begins a checksum.
func newSum(algorithm string) hash.Hash {
	switch algorithm {
	case crc32Sum:
		return crc32.NewIEEE()
	case crc32cSum:
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case crc64Sum:
		return crc64nvme.New()
	case sha1Sum:
		return sha1.New()
	case sha256Sum:
		return sha256.New()
	case sha512Sum:
		return sha512.New()
	case xx64Sum:
		return xxhash.New()
	case xx3Sum:
		return xxh3.New()
	case xx128Sum:
		return wide{xxh3.New()}
	}
	return md5.New()
}

// wide is the longer sum of XXH3.
type wide struct{ *xxh3.Hasher }

// Sum implements hash.Hash.
func (w wide) Sum(b []byte) []byte {
	sum := w.Sum128().Bytes()
	return append(b, sum[:]...)
}

// Size implements hash.Hash.
func (w wide) Size() int { return 16 }

// sumSize is the length of a checksum in bytes.
func sumSize(algorithm string) int { return newSum(algorithm).Size() }

// validSum tells whether a text can be a checksum of an algorithm.
func validSum(algorithm, value string) bool {
	raw, err := base64.StdEncoding.DecodeString(value)
	return err == nil && len(raw) == sumSize(algorithm)
}

func base64Sum(h hash.Hash) string { return base64.StdEncoding.EncodeToString(h.Sum(nil)) }

// linear tells whether checksums of parts can be joined to that of the whole.
func linear(algorithm string) bool {
	return algorithm == crc32Sum || algorithm == crc32cSum || algorithm == crc64Sum
}

// joinSums computes the checksum of a body from those of its parts, each with
// its length in bytes.
func joinSums(algorithm string, sums []string, sizes []int64) (string, bool) {
	poly, width := uint64(nvme), 64
	switch algorithm {
	case crc32Sum:
		poly, width = crc32.IEEE, 32
	case crc32cSum:
		poly, width = crc32.Castagnoli, 32
	}
	var whole uint64
	for i, text := range sums {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(raw) != width/8 {
			return "", false
		}
		whole = shiftCRC(whole, sizes[i], poly, width) ^ bigEndian(raw)
	}
	raw := binary.BigEndian.AppendUint64(nil, whole)
	return base64.StdEncoding.EncodeToString(raw[8-width/8:]), true
}

func bigEndian(raw []byte) (n uint64) {
	for _, b := range raw {
		n = n<<8 | uint64(b)
	}
	return n
}

// matrix is a linear map over the bits of a CRC: what each bit becomes.
type matrix [64]uint64

func (m *matrix) times(v uint64) (sum uint64) {
	for i := 0; v != 0; i, v = i+1, v>>1 {
		if v&1 != 0 {
			sum ^= m[i]
		}
	}
	return sum
}

func (m *matrix) squared(width int) (out matrix) {
	for i := range width {
		out[i] = m.times(m[i])
	}
	return out
}

// shiftCRC is what the CRC of some bytes becomes when n zero bytes follow: a
// linear map, raised to the power of 8 n by squaring.
func shiftCRC(crc uint64, n int64, poly uint64, width int) uint64 {
	var m matrix // of one zero bit, for a reversed CRC
	m[0] = poly
	for i := 1; i < width; i++ {
		m[i] = 1 << (i - 1)
	}
	for range 3 { // of one zero byte
		m = m.squared(width)
	}
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			crc = m.times(crc)
		}
		m = m.squared(width)
	}
	return crc
}

// composeSums is the checksum of checksums, as composite ones are made.
func composeSums(algorithm string, sums []string) (string, bool) {
	h := newSum(algorithm)
	for _, text := range sums {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return "", false
		}
		_, _ = h.Write(raw)
	}
	return base64Sum(h), true
}
