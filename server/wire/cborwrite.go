package wire

import (
	"encoding/binary"
	"math"
	"reflect"
	"time"
	"unsafe"
)

// cborWriter writes shapes as CBOR with definite lengths: members in model
// order, absent ones left out.
type cborWriter struct {
	b   []byte
	out *outlet // where b goes when it is full, nil for nowhere
	// seconds writes times as RPC-v2 wants them, else as integer milliseconds.
	seconds bool
}

// head writes the head of an item in its shortest form.
func (w *cborWriter) head(major byte, arg uint64) {
	c := major << 5
	switch {
	case arg < 24:
		w.b = append(w.b, c|byte(arg))
	case arg <= math.MaxUint8:
		w.b = append(w.b, c|24, byte(arg))
	case arg <= math.MaxUint16:
		w.b = binary.BigEndian.AppendUint16(append(w.b, c|25), uint16(arg))
	case arg <= math.MaxUint32:
		w.b = binary.BigEndian.AppendUint32(append(w.b, c|26), uint32(arg))
	default:
		w.b = binary.BigEndian.AppendUint64(append(w.b, c|27), arg)
	}
}

func (w *cborWriter) text(s string) {
	w.head(cborText, uint64(len(s)))
	w.b = append(w.b, s...)
}

func (w *cborWriter) int(n int64) {
	if n < 0 {
		w.head(cborNegative, uint64(-1-n))
		return
	}
	w.head(cborUint, uint64(n))
}

func (w *cborWriter) float(f float64) {
	w.b = binary.BigEndian.AppendUint64(append(w.b, cborSimple<<5|cborDouble), math.Float64bits(f))
}

// time writes tag 1 and an integer: Java reads the milliseconds of AWS CBOR as
// a long and would fail on a float. RPC-v2 takes a float for a fraction.
func (w *cborWriter) time(t time.Time) {
	w.head(cborTag, 1)
	ms := t.UnixMilli()
	switch {
	case !w.seconds:
		w.int(ms)
	case ms%1000 == 0:
		w.int(ms / 1000)
	default:
		w.float(float64(ms) / 1000)
	}
}

// value writes the value at p as node n; see jsonWriter.value.
func (w *cborWriter) value(n *node, p unsafe.Pointer) {
	switch n.kind {
	case kindStruct:
		w.object(n, p)
	case kindList:
		if list, ok := n.recordList(p); ok {
			w.records(list)
			return
		}
		if list, ok := n.resultList(p); ok {
			w.results(n, list)
			return
		}
		count := (*sliceHeader)(p).len
		w.head(cborList, uint64(count))
		for i := range count {
			w.value(n.elem, n.index(p, i))
			w.b = w.out.pass(w.b)
			if w.out.failed() {
				return
			}
		}
	case kindMap:
		w.head(cborMap, uint64(reflect.NewAt(n.typ, p).Elem().Len()))
		n.entries(p, func(key string, value unsafe.Pointer) {
			w.text(key)
			w.value(n.elem, value)
		})
	case kindString, kindEnum:
		w.text(asString(p))
	case kindInt32:
		w.int(int64(asInt32(p)))
	case kindInt64:
		w.int(asInt64(p))
	case kindFloat64:
		w.float(asFloat(p))
	case kindBool:
		simple := byte(cborFalse)
		if asBool(p) {
			simple = cborTrue
		}
		w.b = append(w.b, cborSimple<<5|simple)
	case kindBlob:
		w.blob(asBytes(p))
	case kindTime:
		w.time(*asTime(p))
	}
}

func (w *cborWriter) blob(b []byte) {
	w.head(cborBytes, uint64(len(b)))
	if w.out.counts() {
		w.out.done += len(b)
		return
	}
	for w.out != nil && len(b) > blobPiece {
		n := min(w.out.room(w.b), len(b))
		w.b = w.out.pass(append(w.b, b[:n]...))
		b = b[n:]
	}
	w.b = append(w.b, b...)
}

func (w *cborWriter) object(n *node, p unsafe.Pointer) {
	members := uint64(0)
	for i := range n.fields {
		f := &n.fields[i]
		if f.node.at(offset(p, f.offset)) != nil {
			members++
		}
	}
	w.head(cborMap, members)
	for i := range n.fields {
		f := &n.fields[i]
		if at := f.node.at(offset(p, f.offset)); at != nil {
			w.text(f.name)
			w.value(f.node, at)
		}
	}
}
