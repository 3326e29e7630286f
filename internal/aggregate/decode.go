package aggregate

import (
	"crypto/md5"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of the messages, as doc.go shows them.
const (
	fieldPartitionKeys protowire.Number = 1
	fieldHashKeys      protowire.Number = 2
	fieldRecords       protowire.Number = 3

	fieldPartitionKeyIndex protowire.Number = 1
	fieldHashKeyIndex      protowire.Number = 2
	fieldData              protowire.Number = 3
	fieldTags              protowire.Number = 4

	fieldTagKey   protowire.Number = 1
	fieldTagValue protowire.Number = 2
)

// Decode takes the data of a stream record apart. It reports false for what is
// a plain record: too short, without the magic, with another digest, with a
// protobuf that does not parse, that lacks a required field, or that points
// outside its tables. The records' Data are parts of data.
//
// An aggregate is bounded by the record it came in, and so is the answer: no
// user record takes less than four bytes of it.
func Decode(data []byte) (records []Record, ok bool) {
	if !Looks(data) {
		return nil, false
	}
	body := data[len(magic) : len(data)-digestSize]
	digest := md5.Sum(body)
	if string(digest[:]) != string(data[len(data)-digestSize:]) {
		return nil, false
	}
	var m message
	if !eachField(body, m.take) || !m.resolve() {
		return nil, false
	}
	return m.records, true
}

// Looks tells cheaply whether data could be an aggregate. Only Decode knows.
func Looks(data []byte) bool {
	return len(data) > len(magic)+digestSize && string(data[:len(magic)]) == magic
}

// message is an AggregatedRecord while it is read. The tables may come after
// the records that point into them, so places are resolved at the end.
type message struct {
	partitionKeys, hashKeys []string
	records                 []Record
	places                  []places
}

// places are a record's indexes into the tables.
type places struct {
	partitionKey, hashKey       uint64
	hasPartitionKey, hasHashKey bool
}

// eachField calls take for every field of a message, and is false when the
// bytes are not a message or take refuses one. value is the content of a field
// of bytes, number that of a varint. Unknown fields are the caller's to ignore.
func eachField(b []byte, take func(field protowire.Number, kind protowire.Type, value []byte, number uint64) bool) bool {
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return false
		}
		b = b[n:]
		var value []byte
		var number uint64
		switch kind {
		case protowire.BytesType:
			value, n = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			number, n = protowire.ConsumeVarint(b)
		default:
			n = protowire.ConsumeFieldValue(field, kind, b)
		}
		if n < 0 || !take(field, kind, value, number) {
			return false
		}
		b = b[n:]
	}
	return true
}

// take reads a field of AggregatedRecord. A known number with another wire
// type is an unknown field, as in every protobuf parser.
func (m *message) take(field protowire.Number, kind protowire.Type, value []byte, _ uint64) bool {
	if kind != protowire.BytesType {
		return true
	}
	switch field {
	case fieldPartitionKeys:
		m.partitionKeys = append(m.partitionKeys, string(value))
	case fieldHashKeys:
		m.hashKeys = append(m.hashKeys, string(value))
	case fieldRecords:
		return m.takeRecord(value)
	}
	return true
}

func (m *message) takeRecord(b []byte) bool {
	var r Record
	var at places
	ok := eachField(b, func(field protowire.Number, kind protowire.Type, value []byte, number uint64) bool {
		switch {
		case field == fieldPartitionKeyIndex && kind == protowire.VarintType:
			at.partitionKey, at.hasPartitionKey = number, true
		case field == fieldHashKeyIndex && kind == protowire.VarintType:
			at.hashKey, at.hasHashKey = number, true
		case field == fieldData && kind == protowire.BytesType:
			r.Data = value
			if r.Data == nil {
				r.Data = []byte{}
			}
		case field == fieldTags && kind == protowire.BytesType:
			tag, ok := takeTag(value)
			r.Tags = append(r.Tags, tag)
			return ok
		}
		return true
	})
	m.records, m.places = append(m.records, r), append(m.places, at)
	return ok && r.Data != nil && at.hasPartitionKey
}

func takeTag(b []byte) (t Tag, ok bool) {
	hasKey := false
	ok = eachField(b, func(field protowire.Number, kind protowire.Type, value []byte, _ uint64) bool {
		switch {
		case kind != protowire.BytesType:
		case field == fieldTagKey:
			t.Key, hasKey = string(value), true
		case field == fieldTagValue:
			text := string(value)
			t.Value = &text
		}
		return true
	})
	return t, ok && hasKey
}

// resolve turns places into keys.
func (m *message) resolve() bool {
	for i, at := range m.places {
		if at.partitionKey >= uint64(len(m.partitionKeys)) {
			return false
		}
		m.records[i].PartitionKey = m.partitionKeys[at.partitionKey]
		if !at.hasHashKey {
			continue
		}
		if at.hashKey >= uint64(len(m.hashKeys)) {
			return false
		}
		m.records[i].ExplicitHashKey = m.hashKeys[at.hashKey]
	}
	return true
}
