package wire

import (
	"encoding/binary"
	"reflect"
	"slices"
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Results of PutRecords: 500 entries of two texts each that nearly always look the
// same. They are written by hand, as records are (records.go), because to walk the
// plan for them took a tenth of a PutRecords of small records. An entry that looks
// different is left to the plan. A test holds the bytes against the plan's.

var resultsType = reflect.TypeFor[[]types.PutRecordsResultEntry]()

// resultList is the list at p, if it is one of results.
func (n *node) resultList(p unsafe.Pointer) ([]types.PutRecordsResultEntry, bool) {
	if n.typ != resultsType {
		return nil, false
	}
	return *(*[]types.PutRecordsResultEntry)(p), true
}

// resultHint is about how long the result of a record is: a number of 56 digits, a
// shard of 20 characters, and what stands around them.
const resultHint = 114

// The text of a result around its number and its shard.
const (
	jsonBeforeNumber = `{"SequenceNumber":"`
	jsonBeforeShard  = `","ShardId":"`
	jsonAfterShard   = `"}`

	cborBeforeNumber = "\xa2\x6eSequenceNumber"
	cborBeforeShard  = "\x67ShardId"
)

// written tells whether a result is that of a record that was written, and which.
func written(r *types.PutRecordsResultEntry) (number, shard string, ok bool) {
	if r.SequenceNumber == nil || r.ShardId == nil || r.ErrorCode != nil || r.ErrorMessage != nil {
		return "", "", false
	}
	return *r.SequenceNumber, *r.ShardId, true
}

func (w *jsonWriter) results(n *node, list []types.PutRecordsResultEntry) {
	w.b = append(w.b, '[')
	for i := range list {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		if !w.result(&list[i]) {
			w.object(n.elem, unsafe.Pointer(&list[i]))
		}
		if w.b = w.out.pass(w.b); w.out.failed() {
			return
		}
	}
	w.b = append(w.b, ']')
}

// result writes the result of a record that was written, if its texts can stand
// as they are.
func (w *jsonWriter) result(r *types.PutRecordsResultEntry) bool {
	number, shard, ok := written(r)
	if !ok {
		return false
	}
	at := len(w.b)
	size := len(jsonBeforeNumber) + len(number) + len(jsonBeforeShard) + len(shard) + len(jsonAfterShard)
	b := slices.Grow(w.b, size)[:at+size]
	to := b[at:]
	to = to[copy(to, jsonBeforeNumber):]
	plain := copyPlain(to, number)
	to = to[len(number):]
	to = to[copy(to, jsonBeforeShard):]
	if !copyPlain(to, shard) || !plain {
		return false
	}
	copy(to[len(shard):], jsonAfterShard)
	w.b = b
	return true
}

// copyPlain copies a text and tells whether it needs no escapes, eight characters
// at a time; see plainRun for how.
func copyPlain(to []byte, s string) bool {
	from := unsafe.Slice(unsafe.StringData(s), len(s))
	if len(from) < 8 {
		copy(to, from)
		return plainRun(from, 0) == len(from)
	}
	found := uint64(0)
	for at := 0; ; at = min(at+8, len(from)-8) { // the last eight may be looked at twice
		x := binary.LittleEndian.Uint64(from[at:])
		binary.LittleEndian.PutUint64(to[at:], x)
		quote, slash := x^(ones*'"'), x^(ones*'\\')
		found |= ((quote - ones) &^ quote) | ((slash - ones) &^ slash) | ((x - ones*0x20) &^ x) | x
		if at == len(from)-8 {
			return found&highs == 0
		}
	}
}

func (w *cborWriter) results(n *node, list []types.PutRecordsResultEntry) {
	w.head(cborList, uint64(len(list)))
	for i := range list {
		if number, shard, ok := written(&list[i]); ok {
			w.b = append(w.b, cborBeforeNumber...)
			w.text(number)
			w.b = append(w.b, cborBeforeShard...)
			w.text(shard)
		} else {
			w.object(n.elem, unsafe.Pointer(&list[i]))
		}
		if w.b = w.out.pass(w.b); w.out.failed() {
			return
		}
	}
}
