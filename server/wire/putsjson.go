package wire

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// putJSON reads a body in JSON.
type putJSON struct {
	*putInput
	b []byte
	i int
	// width is the length of the last payload's text, which is likely the next
	// one's as well.
	width int
}

// The names of members with their closing quotes.
const (
	quotedData    = `Data"`
	quotedKey     = `PartitionKey"`
	quotedHashKey = `ExplicitHashKey"`
	quotedRecords = `Records"`
	quotedName    = `StreamName"`
	quotedARN     = `StreamARN"`
)

// peek passes over blanks and returns the next character, 0 at the end.
func (q *putJSON) peek() byte {
	for ; q.i < len(q.b); q.i++ {
		if c := q.b[q.i]; c > ' ' || c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
	}
	return 0
}

// take consumes c, which is not 0, if it comes next.
func (q *putJSON) take(c byte) bool {
	if q.peek() != c {
		return false
	}
	q.i++
	return true
}

// named consumes the name of a member, whose opening quote was consumed before,
// and the colon behind it.
func (q *putJSON) named(quoted string) bool {
	if len(q.b)-q.i < len(quoted) || string(q.b[q.i:q.i+len(quoted)]) != quoted {
		return false
	}
	q.i += len(quoted)
	return q.take(':')
}

// input reads the whole body.
func (q *putJSON) input() bool {
	if !q.take('{') {
		return false
	}
	m := q.memory
	for {
		ok := false
		switch {
		case !q.take('"'):
		case q.named(quotedName):
			ok = q.stream(&q.name, &m.name, q.plan.name)
		case q.named(quotedARN):
			ok = q.stream(&q.arn, &m.arn, q.plan.arn)
		case !q.plan.many:
			ok = q.member(&q.single)
		case len(m.records) == 0 && q.named(quotedRecords):
			ok = q.list()
		}
		switch {
		case !ok:
			return false
		case q.take('}'):
			return q.peek() == 0 && q.i == len(q.b) && q.complete()
		case !q.take(','):
			return false
		}
	}
}

// list reads the records of a PutRecords.
func (q *putJSON) list() bool {
	if !q.take('[') {
		return false
	}
	for {
		e := q.next()
		if e == nil || !q.record(e) {
			return false
		}
		switch q.peek() {
		case ',':
			q.i++
		case ']':
			q.i++
			return true
		default:
			return false
		}
	}
}

func (q *putJSON) record(e *types.PutRecordsRequestEntry) bool {
	if !q.take('{') {
		return false
	}
	for {
		if !q.take('"') || !q.member(e) {
			return false
		}
		switch q.peek() {
		case ',':
			q.i++
		case '}':
			q.i++
			return e.Data != nil
		default:
			return false
		}
	}
}

// member reads a member of a record, whose opening quote was consumed before.
func (q *putJSON) member(e *types.PutRecordsRequestEntry) bool {
	switch {
	case e.Data == nil && q.named(quotedData):
		return q.data(&e.Data)
	case e.PartitionKey == nil && q.named(quotedKey):
		return q.key(&e.PartitionKey)
	case e.ExplicitHashKey == nil && q.named(quotedHashKey):
		return q.key(&e.ExplicitHashKey) && hashKey(*e.ExplicitHashKey)
	}
	return false
}

// data reads a payload. No quote is looked for when one stands where the payload
// ends if it is as long as the last: were there another before, it would not be
// base64.
func (q *putJSON) data(to *[]byte) bool {
	if !q.take('"') {
		return false
	}
	raw := q.b[q.i:]
	if q.width < len(raw) && raw[q.width] == '"' && q.decode(to, raw[:q.width]) {
		return true
	}
	width := bytes.IndexByte(raw, '"')
	if width < 0 || !q.decode(to, raw[:width]) {
		return false
	}
	q.width = width
	return true
}

// decode consumes a payload and the quote behind it.
func (q *putJSON) decode(to *[]byte, raw []byte) bool {
	size := len(raw) / 4 * 3
	if n := len(raw); n > 0 && raw[n-1] == '=' {
		size--
		if n > 1 && raw[n-2] == '=' {
			size--
		}
	}
	if len(raw)%4 != 0 || size > q.plan.longest {
		return false
	}
	free := q.memory.arena.blobs
	room := q.memory.arena.blob(size, (len(q.b)-q.i)/4*3)
	// Line breaks, which the decoder passes over, are betrayed by the length.
	if n, err := strictBase64.Decode(room, raw); err != nil || n != size {
		q.memory.arena.blobs = free
		return false
	}
	*to = room
	q.i += len(raw) + 1
	return true
}

// key reads a text of 1 to longestKey plain characters, copying it as it looks
// for its end, eight at a time; see plainRun for how.
func (q *putJSON) key(to **string) bool {
	if !q.take('"') {
		return false
	}
	m := q.memory
	room, n := m.textRoom(), 0
	for n <= longestKey {
		var x uint64
		if rest := q.b[q.i+n:]; len(rest) >= 8 {
			x = binary.LittleEndian.Uint64(rest)
		} else {
			var last [8]byte
			copy(last[:], rest) // the zeros behind it end the text
			x = binary.LittleEndian.Uint64(last[:])
		}
		binary.LittleEndian.PutUint64(room[n:], x)
		quote, slash := x^(ones*'"'), x^(ones*'\\')
		found := ((quote - ones) &^ quote) | ((slash - ones) &^ slash) | ((x - ones*0x20) &^ x) | x
		if found &= highs; found != 0 {
			n += bits.TrailingZeros64(found) / 8
			break
		}
		n += 8
	}
	if n == 0 || n > longestKey || q.i+n >= len(q.b) || q.b[q.i+n] != '"' {
		return false
	}
	q.i += n + 1
	*to = m.pointer(m.took(n))
	return true
}

// stream reads the name or ARN of the stream; last is the one of the last request.
func (q *putJSON) stream(to **string, last *string, s *Shape) bool {
	if *to != nil || !q.take('"') {
		return false
	}
	start := q.i
	q.i += plainRun(q.b, q.i)
	if q.i == len(q.b) || q.b[q.i] != '"' {
		return false
	}
	q.i++
	return q.memory.stream(to, last, s, q.b[start:q.i-1])
}
