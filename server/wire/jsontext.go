package wire

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonReader knows the grammar of JSON (RFC 8259) and nothing of shapes. Its
// methods return ok=false when the text is malformed; the caller gives up then.
// Strings must be valid UTF-8, and nothing but blanks may follow the value.
type jsonReader struct {
	b     []byte
	i     int
	depth int
}

// peek skips blanks and returns the next byte, 0 at the end.
func (r *jsonReader) peek() byte {
	for ; r.i < len(r.b); r.i++ {
		switch c := r.b[r.i]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// take consumes c when it comes next.
func (r *jsonReader) take(c byte) bool {
	if r.peek() != c || r.i >= len(r.b) {
		return false
	}
	r.i++
	return true
}

// more is asked before each element of a list or object that ends with closing;
// first is true before the first. done says that the end was consumed.
func (r *jsonReader) more(closing byte, first bool) (done, ok bool) {
	switch c := r.peek(); {
	case c == closing:
		r.i++
		return true, true
	case first:
		return false, true
	case c == ',':
		r.i++
		// A comma right before the end is not JSON.
		return false, r.peek() != closing
	}
	return false, false
}

// enter counts a level of nesting; leave must follow.
func (r *jsonReader) enter() bool {
	r.depth++
	return r.depth <= maxDepth
}

func (r *jsonReader) leave() { r.depth-- }

// literal consumes true, false or null.
func (r *jsonReader) literal(word string) bool {
	if len(r.b)-r.i < len(word) || string(r.b[r.i:r.i+len(word)]) != word {
		return false
	}
	r.i += len(word)
	return true
}

// text is a string as it stands in the input, without its quotes.
type text struct {
	raw     []byte
	escaped bool
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plainRun returns how many bytes from i on are neither a quote, a backslash,
// a control character nor beyond ASCII. Eight bytes are looked at together:
// each test sets the high bit of every byte it is true for, at least up to the
// first such byte. Digits, of which sequence numbers consist, and the few other
// characters of their sixteen are known by less.
func plainRun(b []byte, i int) int {
	start := i
	for i+8 <= len(b) && binary.LittleEndian.Uint64(b[i:])&(ones*0xf0) == ones*'0' {
		i += 8
	}
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		quote, slash := x^(ones*'"'), x^(ones*'\\')
		found := ((quote - ones) &^ quote) | ((slash - ones) &^ slash) | ((x - ones*0x20) &^ x) | x
		if found &= highs; found != 0 {
			return i - start + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c == '"' || c == '\\' || c < 0x20 || c >= utf8.RuneSelf {
			break
		}
	}
	return i - start
}

// str consumes a string; the opening quote comes next.
func (r *jsonReader) str() (t text, ok bool) {
	r.i++
	start, wide := r.i, false
	for {
		r.i += plainRun(r.b, r.i)
		if r.i >= len(r.b) {
			return text{}, false
		}
		switch c := r.b[r.i]; {
		case c == '"':
			t.raw = r.b[start:r.i]
			r.i++
			return t, !wide || utf8.Valid(t.raw)
		case c == '\\':
			n := escapeLen(r.b[r.i:])
			if n == 0 {
				return text{}, false
			}
			t.escaped = true
			r.i += n
		case c >= utf8.RuneSelf:
			wide = true
			r.i++
		default:
			return text{}, false
		}
	}
}

// escapeLen returns the length of the escape at the start of b, 0 for a bad one.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(b[2:]); ok {
			return 6
		}
	}
	return 0
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// unescape appends the string's real text to dst, which grows by at most
// len(raw). The escapes are known to be good. Half a surrogate pair, which
// UTF-8 cannot express, becomes U+FFFD.
func (t text) unescape(dst []byte) []byte {
	b := t.raw
	for len(b) > 0 {
		if b[0] != '\\' {
			n := 1
			for n < len(b) && b[n] != '\\' {
				n++
			}
			dst = append(dst, b[:n]...)
			b = b[n:]
			continue
		}
		if b[1] == 'u' {
			r, _ := hex4(b[2:])
			b = b[6:]
			if utf16.IsSurrogate(r) {
				low := rune(utf8.RuneError)
				if len(b) >= 6 && b[0] == '\\' && b[1] == 'u' {
					low, _ = hex4(b[2:])
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					b = b[6:]
				}
			}
			dst = utf8.AppendRune(dst, r)
			continue
		}
		dst = append(dst, unescaped(b[1]))
		b = b[2:]
	}
	return dst
}

func unescaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// number consumes a number and returns its text.
func (r *jsonReader) number() (raw []byte, ok bool) {
	start := r.i
	if r.i < len(r.b) && r.b[r.i] == '-' {
		r.i++
	}
	switch whole := r.digits(); {
	case whole == 0:
		return nil, false
	case whole > 1 && r.b[r.i-whole] == '0':
		return nil, false
	}
	if r.i < len(r.b) && r.b[r.i] == '.' {
		r.i++
		if r.digits() == 0 {
			return nil, false
		}
	}
	if r.i < len(r.b) && r.b[r.i]|0x20 == 'e' {
		r.i++
		if r.i < len(r.b) && (r.b[r.i] == '+' || r.b[r.i] == '-') {
			r.i++
		}
		if r.digits() == 0 {
			return nil, false
		}
	}
	return r.b[start:r.i], true
}

func (r *jsonReader) digits() int {
	start := r.i
	for r.i < len(r.b) && '0' <= r.b[r.i] && r.b[r.i] <= '9' {
		r.i++
	}
	return r.i - start
}

// skip consumes a value of any kind.
func (r *jsonReader) skip() (ok bool) {
	switch c := r.peek(); c {
	case '"':
		_, ok = r.str()
	case '{':
		ok = r.skipInside('}')
	case '[':
		ok = r.skipInside(']')
	case 't':
		ok = r.literal("true")
	case 'f':
		ok = r.literal("false")
	case 'n':
		ok = r.literal("null")
	default:
		_, ok = r.number()
	}
	return ok
}

// skipInside consumes an object or a list; its opening bracket comes next.
func (r *jsonReader) skipInside(closing byte) bool {
	r.i++
	if !r.enter() {
		return false
	}
	defer r.leave()
	for first := true; ; first = false {
		done, ok := r.more(closing, first)
		if done || !ok {
			return ok
		}
		if closing == '}' {
			if r.peek() != '"' {
				return false
			}
			if _, ok := r.str(); !ok || !r.take(':') {
				return false
			}
		}
		if !r.skip() {
			return false
		}
	}
}

// end says whether only blanks are left.
func (r *jsonReader) end() bool { return r.peek() == 0 && r.i >= len(r.b) }

// checkJSON tells whether a body is one JSON object and nothing else.
func checkJSON(body []byte) *Fault {
	r := jsonReader{b: body}
	if r.peek() != '{' || !r.skipInside('}') || !r.end() {
		return malformed()
	}
	return nil
}
