package wire

import (
	"encoding/binary"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// putCBOR reads a body in CBOR.
type putCBOR struct {
	*putInput
	cborReader
}

// The names of members as CBOR has them; those of records stand in records.go.
const (
	cborHashKey = "\x6fExplicitHashKey"
	cborRecords = "\x67Records"
	cborName    = "\x6aStreamName"
	cborARN     = "\x69StreamARN"
)

// named consumes the name of a member.
func (c *putCBOR) named(name string) bool {
	b := c.b[c.i:]
	if len(b) < len(name) || string(b[:len(name)]) != name {
		return false
	}
	c.i += len(name)
	return true
}

// begins consumes the head of a list or map.
func (c *putCBOR) begins(major byte) (h head, ok bool) {
	h, ok = c.head()
	return h, ok && h.major == major
}

// input reads the whole body.
func (c *putCBOR) input() bool {
	h, ok := c.begins(cborMap)
	if !ok {
		return false
	}
	m := c.memory
	for read := uint64(0); c.more(h, read); read++ {
		ok := false
		switch {
		case c.named(cborName):
			ok = c.stream(&c.name, &m.name, c.plan.name)
		case c.named(cborARN):
			ok = c.stream(&c.arn, &m.arn, c.plan.arn)
		case !c.plan.many:
			ok = c.member(&c.single)
		case len(m.records) == 0 && c.named(cborRecords):
			ok = c.list()
		}
		if !ok {
			return false
		}
	}
	return c.i == len(c.b) && c.complete()
}

// list reads the records of a PutRecords.
func (c *putCBOR) list() bool {
	h, ok := c.begins(cborList)
	if !ok {
		return false
	}
	for read := uint64(0); c.more(h, read); read++ {
		e := c.next()
		if e == nil || !c.record(e) {
			return false
		}
	}
	return true
}

func (c *putCBOR) record(e *types.PutRecordsRequestEntry) bool {
	h, ok := c.begins(cborMap)
	if !ok {
		return false
	}
	for read := uint64(0); c.more(h, read); read++ {
		if !c.member(e) {
			return false
		}
	}
	return e.Data != nil
}

func (c *putCBOR) member(e *types.PutRecordsRequestEntry) bool {
	switch {
	case e.Data == nil && c.named(cborData):
		return c.data(&e.Data)
	case e.PartitionKey == nil && c.named(cborKey):
		return c.key(&e.PartitionKey)
	case e.ExplicitHashKey == nil && c.named(cborHashKey):
		return c.key(&e.ExplicitHashKey) && hashKey(*e.ExplicitHashKey)
	}
	return false
}

// str consumes a string that comes in one piece.
func (c *putCBOR) str(major byte) (b []byte, ok bool) {
	h, ok := c.head()
	if !ok || h.major != major || h.endless() {
		return nil, false
	}
	return c.chunk(h.arg)
}

func (c *putCBOR) data(to *[]byte) bool {
	b, ok := c.str(cborBytes)
	if !ok || len(b) > c.plan.longest {
		return false
	}
	*to = c.memory.arena.blob(len(b), len(b)+len(c.b)-c.i)
	copy(*to, b)
	return true
}

func (c *putCBOR) key(to **string) bool {
	b, ok := c.str(cborText)
	if !ok || len(b) == 0 || len(b) > longestKey || !ascii(b) {
		return false
	}
	m := c.memory
	copy(m.textRoom(), b)
	*to = m.pointer(m.took(len(b)))
	return true
}

func (c *putCBOR) stream(to **string, last *string, s *Shape) bool {
	b, ok := c.str(cborText)
	return ok && *to == nil && ascii(b) && c.memory.stream(to, last, s, b)
}

// ascii tells whether all bytes are.
func ascii(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if binary.LittleEndian.Uint64(b)&highs != 0 {
			return false
		}
	}
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
