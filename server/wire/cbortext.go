package wire

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// The major types of CBOR (RFC 8949).
const (
	cborUint byte = iota
	cborNegative
	cborBytes
	cborText
	cborList
	cborMap
	cborTag
	cborSimple
)

// Simple values and floats, told apart by the head's additional information.
const (
	cborFalse     = 20
	cborTrue      = 21
	cborNull      = 22
	cborUndefined = 23
	cborHalf      = 25
	cborFloat     = 26
	cborDouble    = 27
	cborBreak     = 0xff
	cborEndless   = 31
)

// cborReader knows the grammar of CBOR and nothing of shapes. Declared lengths
// are never trusted: nothing is allocated for more than is there.
type cborReader struct {
	b     []byte
	i     int
	depth int
}

// head is the first part of an item.
type head struct {
	major byte
	info  byte
	arg   uint64
}

// endless says that a break ends the item.
func (h head) endless() bool { return h.info == cborEndless }

// head consumes the head of the next item. A break is not an item.
func (r *cborReader) head() (h head, ok bool) {
	if r.i >= len(r.b) {
		return head{}, false
	}
	c := r.b[r.i]
	r.i++
	h = head{major: c >> 5, info: c & 31}
	rest := r.b[r.i:]
	switch {
	case h.info < 24:
		h.arg = uint64(h.info)
		return h, true
	case h.info == 24 && len(rest) >= 1:
		h.arg = uint64(rest[0])
		r.i++
	case h.info == 25 && len(rest) >= 2:
		h.arg = uint64(binary.BigEndian.Uint16(rest))
		r.i += 2
	case h.info == 26 && len(rest) >= 4:
		h.arg = uint64(binary.BigEndian.Uint32(rest))
		r.i += 4
	case h.info == 27 && len(rest) >= 8:
		h.arg = binary.BigEndian.Uint64(rest)
		r.i += 8
	case h.info == cborEndless:
		return h, cborBytes <= h.major && h.major <= cborMap
	default:
		return head{}, false
	}
	// A simple value below 32 in two bytes is not well formed.
	return h, h.major != cborSimple || h.info != 24 || h.arg >= 32
}

// untagged consumes the head of the next item after any tags.
func (r *cborReader) untagged() (h head, ok bool) {
	for {
		if h, ok = r.head(); !ok || h.major != cborTag {
			return h, ok
		}
	}
}

// enter counts a level of nesting; leave must follow.
func (r *cborReader) enter() bool {
	r.depth++
	return r.depth <= maxDepth
}

func (r *cborReader) leave() { r.depth-- }

// chunk consumes n bytes.
func (r *cborReader) chunk(n uint64) (b []byte, ok bool) {
	if n > uint64(len(r.b)-r.i) {
		return nil, false
	}
	b = r.b[r.i : r.i+int(n)]
	r.i += int(n)
	return b, true
}

// bytes consumes the rest of a byte or text string. The result is a part of
// the input where it comes in one piece. Text must be UTF-8.
func (r *cborReader) bytes(h head) (b []byte, ok bool) {
	if !h.endless() {
		b, ok = r.chunk(h.arg)
		return b, ok && (h.major != cborText || utf8.Valid(b))
	}
	b = []byte{}
	for {
		if r.brk() {
			return b, true
		}
		part, ok := r.head()
		if !ok || part.major != h.major || part.endless() {
			return nil, false
		}
		piece, ok := r.bytes(part)
		if !ok {
			return nil, false
		}
		b = append(b, piece...)
	}
}

// brk consumes a break if it comes next.
func (r *cborReader) brk() bool {
	if r.i < len(r.b) && r.b[r.i] == cborBreak {
		r.i++
		return true
	}
	return false
}

// more is asked before each element of a container whose head is h, with the
// number of elements read so far.
func (r *cborReader) more(h head, read uint64) bool {
	if h.endless() {
		return !r.brk()
	}
	return read < h.arg
}

// skip consumes the next item.
func (r *cborReader) skip() bool {
	h, ok := r.untagged()
	return ok && r.skipRest(h)
}

// skipRest consumes an item whose head was consumed before.
func (r *cborReader) skipRest(h head) bool {
	switch h.major {
	case cborBytes, cborText:
		_, ok := r.bytes(h)
		return ok
	case cborList, cborMap:
		if !r.enter() {
			return false
		}
		defer r.leave()
		for n := uint64(0); r.more(h, n); n++ {
			if h.major == cborMap && !r.skip() || !r.skip() {
				return false
			}
		}
	}
	return true
}

// float returns the value of a half, single or double.
func (h head) float() (f float64, ok bool) {
	if h.major != cborSimple {
		return 0, false
	}
	switch h.info {
	case cborHalf:
		return half(uint16(h.arg)), true
	case cborFloat:
		return float64(math.Float32frombits(uint32(h.arg))), true
	case cborDouble:
		return math.Float64frombits(h.arg), true
	}
	return 0, false
}

// half widens a 16-bit float.
func half(bits uint16) float64 {
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	var f float64
	switch exponent {
	case 0:
		f = math.Ldexp(fraction, -24)
	case 31:
		f = math.Inf(1)
		if fraction != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(fraction+1024, exponent-25)
	}
	if bits>>15 == 1 {
		return -f
	}
	return f
}

// integer returns the value of an integer, clamped to int64.
func (h head) integer() int64 {
	n := int64(min(h.arg, math.MaxInt64))
	if h.major == cborNegative {
		return -1 - n
	}
	return n
}

// checkCBOR tells whether a body is one CBOR map and nothing else.
func checkCBOR(body []byte) *Fault {
	r := cborReader{b: body}
	h, ok := r.untagged()
	if !ok || h.major != cborMap || !r.skipRest(h) || r.i != len(body) {
		return malformed()
	}
	return nil
}
