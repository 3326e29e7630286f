package wire

import (
	"math"
	"reflect"
	"time"
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Records of GetRecords answers and fan-out events. One page holds up to 10,000
// of them, and of each four members are written; to walk the plan for that, and
// again to count, cost as much as base64. So lists of this one type are written
// by hand. A test holds the bytes against those of the plan.

var recordsType = reflect.TypeFor[[]types.Record]()

// recordList is the list at p, if it is one of records.
func (n *node) recordList(p unsafe.Pointer) ([]types.Record, bool) {
	if n.typ != recordsType {
		return nil, false
	}
	return *(*[]types.Record)(p), true
}

// recordsHint is sizeHint for records. What is large anyway is looked at no
// longer, for it is counted exactly.
func recordsHint(list []types.Record) int {
	size := 2
	for i := range list {
		r := &list[i]
		if size += 190 + (len(r.Data)+2)/3*4; r.PartitionKey != nil {
			size += len(*r.PartitionKey)
		}
		if size >= largeAnswer {
			break
		}
	}
	return size
}

// The names of members as JSON has them, each with what precedes it where it is
// not the first.
const (
	jsonNumber     = `,"SequenceNumber":`
	jsonArrival    = `,"ApproximateArrivalTimestamp":`
	jsonData       = `,"Data":`
	jsonKey        = `,"PartitionKey":`
	jsonEncryption = `,"EncryptionType":`
)

// arrival is a time and how it is written. Neighbours share the time.
type arrival struct {
	of   *time.Time
	text []byte
	room [24]byte
}

func (a *arrival) json(t *time.Time) []byte {
	if a.of != t {
		a.of, a.text = t, appendSeconds(a.room[:0], *t)
	}
	return a.text
}

func (w *jsonWriter) records(list []types.Record) {
	var at arrival
	if w.out.counts() {
		size := 2 + max(len(list)-1, 0)
		for i := range list {
			size += w.recordSize(&list[i], &at)
		}
		w.out.done += size
		w.counted = true
		return
	}
	w.b = append(w.b, '[')
	for i := range list {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.record(&list[i], &at)
		w.b = w.out.pass(w.b)
		if w.out.failed() {
			return
		}
	}
	w.b = append(w.b, ']')
}

func (w *jsonWriter) record(r *types.Record, at *arrival) {
	w.b = append(w.b, '{')
	rest := 1 // without a comma
	if r.SequenceNumber != nil {
		w.b = append(w.b, jsonNumber[rest:]...)
		w.recordText(*r.SequenceNumber)
		rest = 0
	}
	if r.ApproximateArrivalTimestamp != nil {
		w.b = append(w.b, jsonArrival[rest:]...)
		w.b = append(w.b, at.json(r.ApproximateArrivalTimestamp)...)
		rest = 0
	}
	if r.Data != nil {
		w.b = append(w.b, jsonData[rest:]...)
		w.blob(r.Data)
		rest = 0
	}
	if r.PartitionKey != nil {
		w.b = append(w.b, jsonKey[rest:]...)
		w.recordText(*r.PartitionKey)
		rest = 0
	}
	if r.EncryptionType != "" {
		w.b = append(w.b, jsonEncryption[rest:]...)
		w.str(string(r.EncryptionType))
	}
	w.b = append(w.b, '}')
}

// recordText is str for the texts of records, which are looked at once: while
// they are counted.
func (w *jsonWriter) recordText(s string) {
	if !w.plain {
		w.str(s)
		return
	}
	w.b = append(append(append(w.b, '"'), s...), '"')
}

// recordSize is the length of what record writes.
func (w *jsonWriter) recordSize(r *types.Record, at *arrival) int {
	size := 0
	if r.SequenceNumber != nil {
		size += len(jsonNumber) + w.strSize(*r.SequenceNumber)
	}
	if r.ApproximateArrivalTimestamp != nil {
		size += len(jsonArrival) + len(at.json(r.ApproximateArrivalTimestamp))
	}
	if r.Data != nil {
		size += len(jsonData) + (len(r.Data)+2)/3*4 + 2
	}
	if r.PartitionKey != nil {
		size += len(jsonKey) + w.strSize(*r.PartitionKey)
	}
	if r.EncryptionType != "" {
		size += len(jsonEncryption) + w.strSize(string(r.EncryptionType))
	}
	return max(size-1, 0) + 2 // one comma less, two braces
}

// strSize is the length of what str writes.
func (w *jsonWriter) strSize(s string) int {
	if plainRun(unsafe.Slice(unsafe.StringData(s), len(s)), 0) == len(s) {
		return len(s) + 2
	}
	w.escapes = true
	before := len(w.b)
	w.str(s)
	size := len(w.b) - before
	w.b = w.b[:before]
	return size
}

// The names of members as CBOR has them.
const (
	cborNumber     = "\x6eSequenceNumber"
	cborArrival    = "\x78\x1bApproximateArrivalTimestamp"
	cborData       = "\x64Data"
	cborKey        = "\x6cPartitionKey"
	cborEncryption = "\x6eEncryptionType"
)

func (a *arrival) cbor(t *time.Time, seconds bool) []byte {
	if a.of != t {
		w := cborWriter{b: a.room[:0], seconds: seconds}
		w.time(*t)
		a.of, a.text = t, w.b
	}
	return a.text
}

func (w *cborWriter) records(list []types.Record) {
	var at arrival
	w.head(cborList, uint64(len(list)))
	for i := range list {
		if r := &list[i]; w.out.counts() {
			w.out.done += w.recordSize(r, &at)
		} else {
			w.record(r, &at)
			w.b = w.out.pass(w.b)
		}
		if w.out.failed() {
			return
		}
	}
}

// recordMembers is how many members of a record are there.
func recordMembers(r *types.Record) (n uint64) {
	for _, there := range [...]bool{r.SequenceNumber != nil, r.ApproximateArrivalTimestamp != nil, r.Data != nil, r.PartitionKey != nil, r.EncryptionType != ""} {
		if there {
			n++
		}
	}
	return n
}

func (w *cborWriter) record(r *types.Record, at *arrival) {
	w.head(cborMap, recordMembers(r))
	if r.SequenceNumber != nil {
		w.b = append(w.b, cborNumber...)
		w.text(*r.SequenceNumber)
	}
	if r.ApproximateArrivalTimestamp != nil {
		w.b = append(w.b, cborArrival...)
		w.b = append(w.b, at.cbor(r.ApproximateArrivalTimestamp, w.seconds)...)
	}
	if r.Data != nil {
		w.b = append(w.b, cborData...)
		w.blob(r.Data)
	}
	if r.PartitionKey != nil {
		w.b = append(w.b, cborKey...)
		w.text(*r.PartitionKey)
	}
	if r.EncryptionType != "" {
		w.b = append(w.b, cborEncryption...)
		w.text(string(r.EncryptionType))
	}
}

// recordSize is the length of what record writes.
func (w *cborWriter) recordSize(r *types.Record, at *arrival) int {
	size := 1
	if r.SequenceNumber != nil {
		size += len(cborNumber) + stringSize(len(*r.SequenceNumber))
	}
	if r.ApproximateArrivalTimestamp != nil {
		size += len(cborArrival) + len(at.cbor(r.ApproximateArrivalTimestamp, w.seconds))
	}
	if r.Data != nil {
		size += len(cborData) + stringSize(len(r.Data))
	}
	if r.PartitionKey != nil {
		size += len(cborKey) + stringSize(len(*r.PartitionKey))
	}
	if r.EncryptionType != "" {
		size += len(cborEncryption) + stringSize(len(r.EncryptionType))
	}
	return size
}

// stringSize is the length of a string with its head.
func stringSize(n int) int {
	switch {
	case n < 24:
		return 1 + n
	case n <= math.MaxUint8:
		return 2 + n
	case n <= math.MaxUint16:
		return 3 + n
	}
	return 5 + n
}
