package keyhash

import "math/bits"

// start is what the state of MD5 begins with (RFC 1321).
var start = [4]uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}

// constants are the 64 numbers of RFC 1321, ⌊2^32 × |sin(i+1)|⌋.
var constants = [64]uint32{
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
	0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
	0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
	0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
	0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
	0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
	0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
	0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
}

// block is the state after the one block of a short message. Its steps stand
// here by fours, in which a, b, c and d change places.
func block(w *[16]uint32) [4]uint32 {
	a, b, c, d := start[0], start[1], start[2], start[3]
	k := &constants
	for i := 0; i < 16; i += 4 {
		a = b + bits.RotateLeft32(a+(d^(b&(c^d)))+w[i]+k[i], 7)
		d = a + bits.RotateLeft32(d+(c^(a&(b^c)))+w[i+1]+k[i+1], 12)
		c = d + bits.RotateLeft32(c+(b^(d&(a^b)))+w[i+2]+k[i+2], 17)
		b = c + bits.RotateLeft32(b+(a^(c&(d^a)))+w[i+3]+k[i+3], 22)
	}
	for i := 0; i < 16; i += 4 {
		a = b + bits.RotateLeft32(a+(c&^d)+w[(5*i+1)&15]+k[16+i]+(b&d), 5)
		d = a + bits.RotateLeft32(d+(b&^c)+w[(5*i+6)&15]+k[17+i]+(a&c), 9)
		c = d + bits.RotateLeft32(c+(a&^b)+w[(5*i+11)&15]+k[18+i]+(d&b), 14)
		b = c + bits.RotateLeft32(b+(d&^a)+w[(5*i)&15]+k[19+i]+(c&a), 20)
	}
	for i := 0; i < 16; i += 4 {
		a = b + bits.RotateLeft32(a+w[(3*i+5)&15]+k[32+i]+(c^d^b), 4)
		d = a + bits.RotateLeft32(d+w[(3*i+8)&15]+k[33+i]+(b^c^a), 11)
		c = d + bits.RotateLeft32(c+w[(3*i+11)&15]+k[34+i]+(a^b^d), 16)
		b = c + bits.RotateLeft32(b+w[(3*i+14)&15]+k[35+i]+(d^a^c), 23)
	}
	for i := 0; i < 16; i += 4 {
		a = b + bits.RotateLeft32(a+w[(7*i)&15]+k[48+i]+(c^(b|^d)), 6)
		d = a + bits.RotateLeft32(d+w[(7*i+7)&15]+k[49+i]+(b^(a|^c)), 10)
		c = d + bits.RotateLeft32(c+w[(7*i+14)&15]+k[50+i]+(a^(d|^b)), 15)
		b = c + bits.RotateLeft32(b+w[(7*i+5)&15]+k[51+i]+(d^(c|^a)), 21)
	}
	return [4]uint32{a + start[0], b + start[1], c + start[2], d + start[3]}
}
