package wire

import (
	"io"
	"unsafe"
)

// A large answer, a page of records above all, is never in memory as a whole:
// it is encoded piece by piece into one small buffer that stays in the
// processor's cache. HTTP wants to know the length first, so the answer is
// encoded twice, the first time only to count, with payloads passed over; that
// costs a tenth of what writing 14 MB to memory and reading them back does.
// Both times the same code runs, so the count is exact.

const (
	// largeAnswer is the size from which answers are written in pieces,
	// middleAnswer that from which they gather in a buffer of the door's.
	largeAnswer  = 256 << 10
	middleAnswer = 8 << 10
	// pieceBytes is how much is written at once: three of the segments that the
	// loopback device carries, which are 64 KiB less their heads, so that none
	// goes out half empty, and what stays in the processor's cache meanwhile.
	pieceBytes = 3 * (64<<10 - 53)
	// blobPiece is the least of a blob that is parted so that a piece gets full.
	blobPiece = 4 << 10
	// countedBytes is how much gathers while the length is counted.
	countedBytes = 4 << 10
	// PieceRoom is how large a buffer WritePieces can use.
	PieceRoom = 256 << 10
)

// outlet takes what a writer has written. A nil one lets it all gather.
type outlet struct {
	to   io.Writer // nil: only count
	done int
	err  error
}

// pass hands on the full pieces that are in b, and returns the rest.
func (o *outlet) pass(b []byte) []byte {
	switch {
	case o == nil || len(b) < countedBytes:
		return b
	case o.to == nil:
		return o.flush(b)
	case len(b) < pieceBytes:
		return b
	}
	at := 0
	for ; at+pieceBytes <= len(b); at += pieceBytes {
		o.flush(b[at : at+pieceBytes])
	}
	return b[:copy(b, b[at:])]
}

// flush hands on all that is in b, and returns the empty rest.
func (o *outlet) flush(b []byte) []byte {
	o.done += len(b)
	if o.to != nil && o.err == nil && len(b) > 0 {
		_, o.err = o.to.Write(b)
	}
	return b[:0]
}

// room is how much still fits the piece that b begins.
func (o *outlet) room(b []byte) int { return max(0, pieceBytes-len(b)) }

// counts tells whether nothing is written, so that payloads need no encoding.
func (o *outlet) counts() bool { return o != nil && o.to == nil }

// failed tells that nobody takes what is still to be written.
func (o *outlet) failed() bool { return o != nil && o.err != nil }

// Large tells that the body is not in Body but comes from WritePieces.
func (r *Response) Large() bool { return r.large != nil }

// Gathers tells that the body is not in Body but comes from Gather.
func (r *Response) Gathers() bool { return r.gathered != nil }

// Gather writes the body of a response that gathers, to room if that has memory
// for it. The output that was encoded must still be valid.
func (r *Response) Gather(room []byte) []byte { return r.gathered.append(nil, room[:0]) }

// Length is the length of the body, about what it will be if it gathers.
func (r *Response) Length() int {
	if r.large != nil || r.gathered != nil {
		return r.length
	}
	return len(r.Body)
}

// WritePieces writes the body of a large response with one buffer, which room
// should have memory for. The output that was encoded must still be valid.
func (r *Response) WritePieces(w io.Writer, room []byte) error {
	o := &outlet{to: w}
	o.flush(r.large.append(o, room[:0]))
	return o.err
}

// Whole returns the body as one piece, whatever its size.
func (r *Response) Whole() []byte {
	if r.gathered != nil {
		return r.Gather(make([]byte, 0, r.length))
	}
	if r.large == nil {
		return r.Body
	}
	return r.large.append(nil, make([]byte, 0, r.length))
}

// encoding is an output and how it is written.
type encoding struct {
	n       *node
	p       unsafe.Pointer
	cbor    bool
	seconds bool // see cborWriter
	plain   bool // see jsonWriter
}

// append writes to b, and to o what b is not to keep.
func (e *encoding) append(o *outlet, b []byte) []byte {
	if e.cbor {
		w := cborWriter{b: b, out: o, seconds: e.seconds}
		w.value(e.n, e.p)
		return w.b
	}
	w := jsonWriter{b: b, out: o, plain: e.plain}
	w.value(e.n, e.p)
	if o.counts() {
		e.plain = w.counted && !w.escapes
	}
	return w.b
}

// setBody fills in the body: at once, or when it is not small with the means to
// write it.
func (r *Response) setBody(e encoding) {
	hint := e.n.sizeHint(e.p)
	if hint < middleAnswer {
		room := r.Room[:0]
		if cap(room) < hint {
			room = make([]byte, 0, hint)
		}
		r.Body = e.append(nil, room)
		return
	}
	large := e // only now does it cost an allocation
	if hint < largeAnswer {
		r.length, r.gathered = hint, &large
		return
	}
	o := &outlet{}
	o.flush(large.append(o, make([]byte, 0, 2*countedBytes)))
	r.length, r.large = o.done, &large
}
