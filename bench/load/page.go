package load

import (
	"bytes"
	"errors"
	"fmt"
)

// Record is one record of a GetRecords answer or a fan-out event, as text of
// that answer.
type Record struct {
	Sequence, Key, Data []byte
}

// ID returns the identity that the record claims.
func (r Record) ID() (id uint64, ok bool) { return readStamp(r.Data) }

// Number returns the number of the record on its connection.
func (r Record) Number() (uint64, bool) {
	id, ok := r.ID()
	return id & (1<<numberBits - 1), ok
}

// Clone returns a copy that does not depend on the answer.
func (r Record) Clone() Record {
	return Record{bytes.Clone(r.Sequence), bytes.Clone(r.Key), bytes.Clone(r.Data)}
}

var errPage = errors.New("unexpected form of a records answer")

// Span is where the records stand in an answer.
type Span struct{ Start, End int }

// Records appends the records of an answer to a slice and tells where they
// stand.
func Records(to []Record, answer []byte) ([]Record, Span, error) {
	mark := []byte(`"Records":[`)
	start := bytes.Index(answer, mark)
	if start < 0 {
		return to, Span{}, fmt.Errorf("%w: %.200q", errPage, answer)
	}
	start += len(mark)
	rest := answer[start:]
	for {
		rest = bytes.TrimLeft(rest, ", ")
		if len(rest) == 0 {
			return to, Span{}, errPage
		}
		if rest[0] == ']' {
			return to, Span{start, len(answer) - len(rest)}, nil
		}
		r, after, err := object(rest)
		if err != nil {
			return to, Span{}, err
		}
		to, rest = append(to, r), after
	}
}

// Single appends the one record that a PutRecord request consists of.
func Single(to []Record, request []byte) ([]Record, error) {
	r, _, err := object(request)
	return append(to, r), err
}

// object reads one flat JSON object of strings and numbers. None of the
// strings here ever needs an escape.
func object(b []byte) (Record, []byte, error) {
	var r Record
	for len(b) > 0 && (b[0] == '{' || b[0] == ',') {
		name, after, ok := quoted(b[1:])
		if !ok || len(after) == 0 || after[0] != ':' {
			return r, nil, errPage
		}
		value := after[1:]
		if len(value) > 0 && value[0] == '"' {
			var text []byte
			if text, b, ok = quoted(value); !ok {
				return r, nil, errPage
			}
			r.set(name, text)
			continue
		}
		end := bytes.IndexAny(value, ",}")
		if end < 0 {
			return r, nil, errPage
		}
		b = value[end:]
	}
	if len(b) == 0 || b[0] != '}' {
		return r, nil, errPage
	}
	return r, b[1:], nil
}

func (r *Record) set(name, text []byte) {
	switch string(name) {
	case "SequenceNumber":
		r.Sequence = text
	case "PartitionKey":
		r.Key = text
	case "Data":
		r.Data = text
	}
}

func quoted(b []byte) (text, after []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return nil, nil, false
	}
	end := bytes.IndexByte(b[1:], '"')
	if end < 0 {
		return nil, nil, false
	}
	return b[1 : end+1], b[end+2:], true
}

// NextIterator returns the next iterator of a GetRecords answer, looking
// before and after its records only.
func NextIterator(answer []byte, records Span) string {
	mark := `"NextShardIterator":"`
	if iterator := member(answer[records.End:], mark); iterator != nil {
		return string(iterator)
	}
	return string(member(answer[:records.Start], mark))
}

// AtTip tells whether a GetRecords answer says that nothing follows it.
func AtTip(answer []byte) bool {
	return bytes.Contains(answer, []byte(`"MillisBehindLatest":0`))
}
