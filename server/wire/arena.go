package wire

import "unsafe"

// arena hands out the memory of decoded strings and blobs from a few large
// pieces: a body with 500 records would otherwise cost 1,500 allocations. What
// it hands out lives as long as any part of it is kept, but for blobs in memory
// that was lent (see Request.Blobs).
type arena struct {
	blobs   []byte // free space for blobs
	texts   []byte // free space for strings
	strings []string
	// The next piece is twice as large, up to a bound.
	textPiece, stringPiece int
}

const (
	firstTexts   = 128
	maxTexts     = 32 << 10
	firstStrings = 4
	maxStrings   = 512
)

// blob returns room for n bytes. ahead is how many bytes all blobs that may
// still come can need, so that one piece serves the whole body.
func (a *arena) blob(n, ahead int) []byte {
	if n == 0 {
		return []byte{}
	}
	if n > len(a.blobs) {
		a.blobs = make([]byte, max(n, ahead))
	}
	b := a.blobs[:n:n]
	a.blobs = a.blobs[n:]
	return b
}

// textRoom returns room for a string of at most n bytes, to be filled and kept.
func (a *arena) textRoom(n int) []byte {
	if n > len(a.texts) {
		a.textPiece = min(max(2*a.textPiece, firstTexts), maxTexts)
		a.texts = make([]byte, max(n, a.textPiece))
	}
	return a.texts[:0:n]
}

// text copies a string's real text.
func (a *arena) text(t text) string {
	if len(t.raw) == 0 {
		return ""
	}
	room := a.textRoom(len(t.raw))
	if t.escaped {
		room = t.unescape(room)
	} else {
		room = append(room, t.raw...)
	}
	return a.keep(room)
}

// keep takes what was written to the room last given and returns it as a string.
func (a *arena) keep(room []byte) string {
	if len(room) == 0 {
		return ""
	}
	a.texts = a.texts[len(room):]
	return unsafe.String(&room[0], len(room))
}

// pointer returns a pointer to s.
func (a *arena) pointer(s string) *string {
	if len(a.strings) == 0 {
		a.stringPiece = min(max(2*a.stringPiece, firstStrings), maxStrings)
		a.strings = make([]string, a.stringPiece)
	}
	p := &a.strings[0]
	a.strings = a.strings[1:]
	*p = s
	return p
}
