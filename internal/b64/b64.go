// Package b64 turns bytes into base64 (the standard alphabet, padded) with the
// widest vectors that the processor has.
//
// A page of records is 14 MB of base64, so every consumer's read is mostly this.
// AVX-512 with its byte permutations (VBMI) takes three instructions for 48
// bytes, which is about what copying them costs; a library with AVX2 vectors, a
// few times slower, does it everywhere else.
package b64

import "github.com/emmansun/base64"

// Encoded is the length of n bytes in base64.
func Encoded(n int) int { return (n + 2) / 3 * 4 }

// AppendEncode writes src in base64 at the end of dst.
func AppendEncode(dst, src []byte) []byte {
	if !wide {
		return base64.StdEncoding.AppendEncode(dst, src)
	}
	if len(src) == 0 {
		return dst
	}
	at, n := len(dst), Encoded(len(src))
	if cap(dst)-at < n {
		dst = append(dst, make([]byte, n)...)
	}
	dst = dst[:at+n]
	encodeWide(&dst[at], &src[0], len(src))
	switch len(src) % 3 { // what was no byte came out as zero bits
	case 1:
		dst[at+n-2], dst[at+n-1] = '=', '='
	case 2:
		dst[at+n-1] = '='
	}
	return dst
}
