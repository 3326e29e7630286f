// Package load makes the records a benchmark writes, remembers what the
// server acknowledged, and holds what it gives back against both.
//
// Every record carries its own identity (connection and number) at its start,
// middle and end, over a fill that follows from the number. So a record that
// comes back can be judged alone: whether it was ever sent, whether it is
// intact to the last byte, and where it must stand.
package load

import (
	"encoding/base64"
	"encoding/binary"
	"math/rand/v2"
)

const (
	stampBytes = 12
	stampChars = 16 // base64 of stampBytes, a whole number of quads
	magic      = 0x534c4331
	// fills is how many different contents the records cycle through. It
	// divides the batch sizes, so that a batch template keeps its fills.
	fills    = 10
	keyChars = 8
	// numberBits leaves 24 bits for the connection.
	numberBits = 40
)

// Shape is the form of the records of one workload.
type Shape struct {
	Size int // payload bytes a record
	// CBOR says that requests are in CBOR, not in JSON.
	CBOR    bool
	chars   int // base64 characters a record
	stamps  []int
	content [fills][]byte // base64 of each fill
	plain   [fills][]byte // each fill as it is
}

// NewShape prepares records of a size of at least 12 bytes. The contents are
// random, so that no server can gain by compressing them, and the same in
// every run.
func NewShape(size int) *Shape {
	s := &Shape{Size: size, chars: base64.StdEncoding.EncodedLen(size), stamps: []int{0}}
	if size >= 3*stampBytes+6 {
		middle := (size/2 - stampBytes/2) / 3 * 4
		last := (size - stampBytes) / 3 * 4
		s.stamps = append(s.stamps, middle, last)
	}
	dice := rand.New(rand.NewPCG(1, uint64(size)))
	for i := range s.content {
		fill := make([]byte, size)
		for j := range fill {
			fill[j] = byte(dice.Uint32())
		}
		s.content[i] = []byte(base64.StdEncoding.EncodeToString(fill))
		s.plain[i] = fill
	}
	return s
}

// id joins the connection that sends a record and its number there.
func id(connection int, number uint64) uint64 {
	return uint64(connection)<<numberBits | number
}

// plainStamp is a record's identity in the bytes of its payload.
func plainStamp(id uint64) (b [stampBytes]byte) {
	binary.BigEndian.PutUint32(b[:], magic)
	binary.BigEndian.PutUint64(b[4:], id)
	return b
}

// writeStamp writes the 16 characters of a record's identity.
func writeStamp(to []byte, id uint64) {
	b := plainStamp(id)
	base64.StdEncoding.Encode(to[:stampChars], b[:])
}

// readStamp returns the identity at the start of a record's base64 text.
func readStamp(text []byte) (id uint64, ok bool) {
	var b [stampBytes]byte
	if len(text) < stampChars {
		return 0, false
	}
	if _, err := base64.StdEncoding.Decode(b[:], text[:stampChars]); err != nil {
		return 0, false
	}
	return binary.BigEndian.Uint64(b[4:]), binary.BigEndian.Uint32(b[:]) == magic
}

// stamp writes the identity into a text that already holds the right fill.
func (s *Shape) stamp(to []byte, id uint64) {
	if s.CBOR {
		b := plainStamp(id)
		for _, at := range s.stamps {
			copy(to[at/4*3:], b[:])
		}
		return
	}
	first := to[s.stamps[0] : s.stamps[0]+stampChars]
	writeStamp(first, id)
	for _, at := range s.stamps[1:] {
		copy(to[at:at+stampChars], first)
	}
}

// intact tells whether a record's base64 text is exactly what was sent.
func (s *Shape) intact(text []byte, id uint64) bool {
	if len(text) != s.chars {
		return false
	}
	var stamp [stampChars]byte
	writeStamp(stamp[:], id)
	content := s.content[(id&(1<<numberBits-1))%fills]
	at := 0
	for _, next := range s.stamps {
		if string(text[at:next]) != string(content[at:next]) ||
			string(text[next:next+stampChars]) != string(stamp[:]) {
			return false
		}
		at = next + stampChars
	}
	return string(text[at:]) == string(content[at:])
}

// writeKey writes the partition key of a record: eight letters that spread
// neighbouring records over the shards.
func writeKey(to []byte, id uint64) {
	mixed := (id + 1) * 0x9e3779b97f4a7c15
	for i := range keyChars {
		to[i] = 'a' + byte(mixed>>(60-4*i))&15
	}
}
