package load

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
)

// The few forms of CBOR that requests and answers of puts and reads consist of.
const (
	cborUint  = 0
	cborBytes = 2
	cborText  = 3
	cborList  = 4
	cborMap   = 5
	cborTag   = 6
)

func cborHead(to []byte, major byte, n int) []byte {
	switch {
	case n < 24:
		return append(to, major<<5|byte(n))
	case n < 1<<8:
		return append(to, major<<5|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(to, major<<5|25), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(to, major<<5|26), uint32(n))
}

func cborString(to []byte, s string) []byte {
	return append(cborHead(to, cborText, len(s)), s...)
}

var errCBOR = errors.New("unexpected form of a CBOR answer")

// cursor walks through an answer. After an error it stays where it is.
type cursor struct {
	b   []byte
	bad bool
}

// head reads the head of an item.
func (c *cursor) head() (major byte, n uint64) {
	if len(c.b) == 0 {
		c.bad = true
		return 0, 0
	}
	major, low := c.b[0]>>5, c.b[0]&31
	c.b = c.b[1:]
	if low < 24 {
		return major, uint64(low)
	}
	size := 1 << (low - 24)
	if low > 27 || len(c.b) < size { // nothing here has an indefinite length
		c.bad = true
		return 0, 0
	}
	for _, x := range c.b[:size] {
		n = n<<8 | uint64(x)
	}
	c.b = c.b[size:]
	return major, n
}

// text reads a string of either kind.
func (c *cursor) text() []byte {
	major, n := c.head()
	if c.bad || major != cborBytes && major != cborText || n > uint64(len(c.b)) {
		c.bad = true
		return nil
	}
	t := c.b[:n]
	c.b = c.b[n:]
	return t
}

// skip passes over an item.
func (c *cursor) skip() {
	at := *c
	major, n := c.head()
	switch major {
	case cborBytes, cborText:
		*c = at
		c.text()
	case cborMap:
		n *= 2
		fallthrough
	case cborList:
		for ; n > 0 && !c.bad; n-- {
			c.skip()
		}
	case cborTag:
		c.skip()
	}
}

// object calls f for each member, which must consume its value.
func (c *cursor) object(f func(name []byte)) {
	major, n := c.head()
	c.bad = c.bad || major != cborMap
	for ; n > 0 && !c.bad; n-- {
		f(c.text())
	}
}

// list calls f for each element of the member of that name, and returns what
// stands between its first element and what follows its last.
func (c *cursor) list(name string, f func()) (low, high int) {
	whole := len(c.b)
	c.object(func(member []byte) {
		if string(member) != name {
			c.skip()
			return
		}
		major, n := c.head()
		c.bad = c.bad || major != cborList
		low = whole - len(c.b)
		for ; n > 0 && !c.bad; n-- {
			f()
		}
		high = whole - len(c.b)
	})
	return low, high
}

// strings reads an object and notes its texts by name.
func (c *cursor) strings(note func(name, text []byte)) {
	c.object(func(name []byte) {
		if len(c.b) > 0 && (c.b[0]>>5 == cborBytes || c.b[0]>>5 == cborText) {
			note(name, c.text())
			return
		}
		c.skip()
	})
}

// RecordsCBOR is Records for an answer in CBOR. Data becomes base64, as an audit
// knows it.
func RecordsCBOR(to []Record, answer []byte) ([]Record, Span, error) {
	c := &cursor{b: answer}
	low, high := c.list("Records", func() {
		var r Record
		c.strings(r.set)
		r.Data = []byte(base64.StdEncoding.EncodeToString(r.Data))
		to = append(to, r)
	})
	if c.bad {
		return to, Span{}, errCBOR
	}
	return to, Span{low, high}, nil
}

// SpanCBOR finds where the records stand in an answer to GetRecords, with as
// little work as possible: by the members that may come after them.
func SpanCBOR(answer []byte) Span {
	const name = "\x67Records"
	s := Span{Start: bytes.Index(answer, []byte(name)) + len(name), End: len(answer)}
	tail := answer[max(s.Start, len(answer)-tailBytes):]
	for _, member := range []string{"\x71NextShardIterator", "\x72MillisBehindLatest"} {
		if i := bytes.LastIndex(tail, []byte(member)); i >= 0 {
			s.End = min(s.End, len(answer)-len(tail)+i)
		}
	}
	return s
}

// tailBytes is more than the members after the records take.
const tailBytes = 2 << 10

// noteCBOR is Note for an answer in CBOR.
func (l *Ledger) noteCBOR(answer []byte) (good int, err error) {
	c := &cursor{b: answer}
	one := func() {
		var shard, sequence []byte
		c.strings(func(name, text []byte) {
			switch string(name) {
			case "ShardId":
				shard = text
			case "SequenceNumber":
				sequence = text
			}
		})
		print := uint64(0)
		if len(shard) > 0 && len(sequence) > 0 {
			print = fingerprint(l.seed, shard, sequence)
			good++
		}
		l.acks = append(l.acks, print)
	}
	if before := len(l.acks); l.batch == 1 {
		one()
	} else if c.list("Records", one); len(l.acks) != before+l.batch {
		return good, errCBOR
	}
	if c.bad {
		return good, errCBOR
	}
	return good, nil
}
