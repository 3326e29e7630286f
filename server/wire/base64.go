package wire

import (
	"bytes"
	"unsafe"

	"github.com/emmansun/base64"

	"sluice/internal/b64"
)

// strictBase64 is base64.StdEncoding that refuses stray bits at the end, done
// with vector instructions: base64 is nearly all of a PutRecords body.
var strictBase64 = base64.StdEncoding.Strict()

// blob reads a string of plain base64 straight from the input into the arena.
// It returns false, having consumed nothing, when the string is anything else;
// the slow way then says why.
func (d *jsonDecoder) blob(p unsafe.Pointer) bool {
	raw := d.b[d.i+1:]
	end := bytes.IndexByte(raw, '"')
	if end < 0 || end%4 != 0 {
		return false
	}
	raw = raw[:end]
	size := end / 4 * 3
	if end > 0 && raw[end-1] == '=' {
		size--
		if raw[end-2] == '=' {
			size--
		}
	}
	// The decoder passes over line breaks, which have no place in a JSON string;
	// the length betrays them.
	room := d.arena.blob(size, (len(d.b)-d.i)/4*3)
	if n, err := strictBase64.Decode(room, raw); err != nil || n != size {
		return false
	}
	d.i += end + 2
	d.setBlob(p, room)
	return true
}

// slowBlob decodes a string that may hold escapes (some clients write \/ for
// a slash), or tells what is wrong with it.
func (d *jsonDecoder) slowBlob(p unsafe.Pointer, t text) {
	value := t.raw
	if t.escaped {
		value = t.unescape(nil)
	}
	b, ok := decodeBase64(value)
	if !ok {
		d.mismatch(badBase64(string(value)))
		return
	}
	d.setBlob(p, b)
}

// decodeBase64 decodes a text strictly: padded, no line breaks, no stray bits.
func decodeBase64(value []byte) (b []byte, ok bool) {
	if len(value)%4 != 0 || bytes.ContainsAny(value, "\r\n") {
		return nil, false
	}
	b = make([]byte, strictBase64.DecodedLen(len(value)))
	n, err := strictBase64.Decode(b, value)
	return b[:n], err == nil
}

// appendBase64 encodes b at the end of dst.
func appendBase64(dst, b []byte) []byte { return b64.AppendEncode(dst, b) }
