package wire

import (
	"reflect"
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Inputs of PutRecord and PutRecords, read by hand.
//
// To walk the plan for each of 500 records, to look at each again for its
// constraints, and to make memory for them all, took a quarter of a PutRecords of
// small records. Here a body is read, decoded and checked in one pass, into
// memory that is used again.
//
// What is read here is what SDKs send: members that this file names, each once,
// texts without escapes, in ASCII, and values that break no constraint. Whatever
// else comes, right or wrong, is left to the plan, which begins anew; so there is
// one place only that knows how mistakes are answered. A fuzz test holds what is
// read here against what the plan makes of it.

// PutMemory is memory for the inputs of PutRecord and PutRecords. It serves one
// request at a time: an input is valid until the next is read. Names and ARNs of
// streams are texts of their own and may be kept.
type PutMemory struct {
	many kinesis.PutRecordsInput
	one  kinesis.PutRecordInput

	records []types.PutRecordsRequestEntry
	strings []string // what partition and hash keys point to
	room    []byte   // for their characters
	texts   []byte   // what is free of it
	arena   arena    // of payloads

	name, arn string // as the last request had them
}

// firstPiece and lastPiece bound the memory for keys, in bytes: what 500 short
// ones and 500 of the longest ones need.
const (
	firstPiece = 4 << 10
	lastPiece  = 128 << 10
)

// longestKey is how many characters of a key are read here.
const longestKey = 256

// Forget lets go of what the last input points to.
func (m *PutMemory) Forget() {
	m.many, m.one = kinesis.PutRecordsInput{}, kinesis.PutRecordInput{}
	clear(m.records)
	clear(m.strings)
	m.records, m.strings, m.texts, m.arena.blobs = m.records[:0], m.strings[:0], m.room, nil
}

// putPlan is what the inputs of one of the two operations are held against.
type putPlan struct {
	many      bool
	name, arn *Shape
	most      int // records
	longest   int // bytes of data
}

// putPlanOf returns nil for all other operations.
func putPlanOf(in *node) *putPlan {
	entry := in
	p := &putPlan{}
	switch in.typ {
	case reflect.TypeFor[kinesis.PutRecordsInput]():
		list := in.member("Records")
		entry, p.many, p.most = list.elem, true, int(*list.shape.Max)
	case reflect.TypeFor[kinesis.PutRecordInput]():
	default:
		return nil
	}
	p.name, p.arn = in.member("StreamName").shape, in.member("StreamARN").shape
	p.longest = int(*entry.member("Data").shape.Max)
	return p
}

// member finds the node of a member that the model is known to have.
func (n *node) member(name string) *node { return n.fields[n.byName[name]].node }

// quick reads an input into memory that was lent, nil when it is not one that is
// read here.
func (p *Plan) quick(r *Request, cbor bool) (in any, notes *Notes) {
	if p.put == nil || r.Memory == nil {
		return nil, nil
	}
	r.Memory.Forget()
	r.Memory.arena.blobs = r.Blobs
	read := putInput{plan: p.put, memory: r.Memory}
	ok := false
	if cbor {
		q := putCBOR{putInput: &read, cborReader: cborReader{b: r.Body}}
		ok = q.input()
	} else {
		q := putJSON{putInput: &read, b: r.Body}
		ok = q.input()
	}
	if !ok {
		return nil, nil
	}
	return read.finish()
}

// putInput is what was read of an input. The methods of its readers return false
// for what is to be left to the plan.
type putInput struct {
	plan      *putPlan
	memory    *PutMemory
	name, arn *string
	single    types.PutRecordsRequestEntry // of a PutRecord
}

// checked are the notes of an input that has proved to break no constraint. They
// are read-only.
var checked = Notes{valid: true}

// finish makes the input.
func (q *putInput) finish() (in any, notes *Notes) {
	m, e := q.memory, &q.single
	if q.plan.many {
		m.many = kinesis.PutRecordsInput{Records: m.records, StreamName: q.name, StreamARN: q.arn}
		return &m.many, &checked
	}
	m.one = kinesis.PutRecordInput{
		Data: e.Data, PartitionKey: e.PartitionKey, ExplicitHashKey: e.ExplicitHashKey, StreamName: q.name, StreamARN: q.arn,
	}
	return &m.one, &checked
}

// complete tells whether what is required was there.
func (q *putInput) complete() bool { return len(q.memory.records) > 0 || q.single.Data != nil }

// next makes room for one more record, nil when there are too many.
func (q *putInput) next() *types.PutRecordsRequestEntry {
	m := q.memory
	if len(m.records) == q.plan.most {
		return nil
	}
	m.records = append(m.records, types.PutRecordsRequestEntry{})
	return &m.records[len(m.records)-1]
}

// pointer returns a pointer to s. Where the slice has to grow, pointers to the
// former one stay good.
func (m *PutMemory) pointer(s string) *string {
	m.strings = append(m.strings, s)
	return &m.strings[len(m.strings)-1]
}

// textRoom returns memory for a key and eight bytes more. What is used of it is
// told to took.
func (m *PutMemory) textRoom() []byte {
	if len(m.texts) < longestKey+8 {
		m.room = make([]byte, min(max(2*len(m.room), firstPiece), lastPiece))
		m.texts = m.room
	}
	return m.texts
}

// took returns the first n bytes of the room as a text.
func (m *PutMemory) took(n int) string {
	s := unsafe.String(unsafe.SliceData(m.texts), n)
	m.texts = m.texts[n:]
	return s
}

// stream takes the name or ARN of a stream. It was looked at before when it is
// that of the last request.
func (m *PutMemory) stream(to **string, last *string, s *Shape, given []byte) bool {
	if *last == "" || string(given) != *last {
		good := true
		value := string(given)
		checkString(s, value, func(string) { good = false })
		if !good {
			return false
		}
		*last = value
	}
	*to = m.pointer(*last)
	return true
}

// hashKey tells whether a text is one of the model's pattern 0|([1-9]\d{0,38}).
func hashKey(s string) bool {
	if s == "" || len(s) > 39 || s[0] == '0' && len(s) > 1 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
