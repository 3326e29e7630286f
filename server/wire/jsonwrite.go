package wire

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
	"unsafe"
)

// jsonWriter writes shapes as JSON: members in model order, absent ones left
// out, empty lists kept, times as epoch seconds, blobs as base64, and no more
// characters escaped than JSON demands.
type jsonWriter struct {
	b   []byte
	out *outlet // where b goes when it is full, nil for nowhere
	// counted and escapes are what counting found: that there are records, and
	// that not all their texts can be written as they are. plain says that they can.
	counted, escapes, plain bool
}

// value writes the value at p as node n. Absent members never come here; an
// element of a list or map is always there, if only as an empty text or list.
func (w *jsonWriter) value(n *node, p unsafe.Pointer) {
	switch n.kind {
	case kindStruct:
		w.object(n, p)
	case kindList:
		w.list(n, p)
	case kindMap:
		w.mapping(n, p)
	case kindUnion:
		w.union(n, p)
	case kindString, kindEnum:
		w.str(asString(p))
	case kindInt32:
		w.b = strconv.AppendInt(w.b, int64(asInt32(p)), 10)
	case kindInt64:
		w.b = strconv.AppendInt(w.b, asInt64(p), 10)
	case kindFloat64:
		w.float(asFloat(p))
	case kindBool:
		w.b = strconv.AppendBool(w.b, asBool(p))
	case kindBlob:
		w.blob(asBytes(p))
	case kindTime:
		w.b = appendSeconds(w.b, *asTime(p))
	}
}

func (w *jsonWriter) object(n *node, p unsafe.Pointer) {
	w.b = append(w.b, '{')
	first := true
	for i := range n.fields {
		f := &n.fields[i]
		at := f.node.at(offset(p, f.offset))
		if at == nil {
			continue
		}
		if !first {
			w.b = append(w.b, ',')
		}
		first = false
		w.b = append(w.b, f.key...)
		w.value(f.node, at)
	}
	w.b = append(w.b, '}')
}

func (w *jsonWriter) list(n *node, p unsafe.Pointer) {
	if list, ok := n.recordList(p); ok {
		w.records(list)
		return
	}
	if list, ok := n.resultList(p); ok {
		w.results(n, list)
		return
	}
	w.b = append(w.b, '[')
	for i := range (*sliceHeader)(p).len {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.value(n.elem, n.index(p, i))
		w.b = w.out.pass(w.b)
		if w.out.failed() {
			return
		}
	}
	w.b = append(w.b, ']')
}

// blob writes base64, which takes four characters for every three bytes begun.
func (w *jsonWriter) blob(b []byte) {
	if w.out.counts() {
		w.out.done += (len(b)+2)/3*4 + 2
		return
	}
	w.b = append(w.b, '"')
	for w.out != nil && len(b) > blobPiece {
		n := min(w.out.room(w.b)/4*3+3, len(b)/3*3) // so that only the end is padded
		w.b = w.out.pass(appendBase64(w.b, b[:n]))
		b = b[n:]
	}
	w.b = append(appendBase64(w.b, b), '"')
}

// mapping writes a map in the order of its keys, so that the same answer is
// always the same bytes.
func (w *jsonWriter) mapping(n *node, p unsafe.Pointer) {
	w.b = append(w.b, '{')
	first := true
	n.entries(p, func(key string, value unsafe.Pointer) {
		if !first {
			w.b = append(w.b, ',')
		}
		first = false
		w.str(key)
		w.b = append(w.b, ':')
		w.value(n.elem, value)
	})
	w.b = append(w.b, '}')
}

// entries calls f for each entry of the map at p in the order of the keys.
func (n *node) entries(p unsafe.Pointer, f func(key string, value unsafe.Pointer)) {
	m := reflect.NewAt(n.typ, p).Elem()
	keys := m.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		if a.String() < b.String() {
			return -1
		}
		return 1
	})
	room := reflect.New(n.typ.Elem())
	for _, k := range keys {
		room.Elem().Set(m.MapIndex(k))
		f(k.String(), room.UnsafePointer())
	}
}

const hexDigits = "0123456789abcdef"

// str writes a string. Bytes that are not UTF-8 become U+FFFD.
func (w *jsonWriter) str(s string) {
	w.b = append(w.b, '"')
	for i := 0; i < len(s); {
		n := plainRun(unsafe.Slice(unsafe.StringData(s), len(s)), i)
		w.b = append(w.b, s[i:i+n]...)
		if i += n; i == len(s) {
			break
		}
		if c := s[i]; c < utf8.RuneSelf {
			w.escape(c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		w.b = utf8.AppendRune(w.b, r)
		i += size
	}
	w.b = append(w.b, '"')
}

func (w *jsonWriter) escape(c byte) {
	switch c {
	case '"', '\\':
		w.b = append(w.b, '\\', c)
	case '\n':
		w.b = append(w.b, '\\', 'n')
	case '\r':
		w.b = append(w.b, '\\', 'r')
	case '\t':
		w.b = append(w.b, '\\', 't')
	default:
		w.b = append(w.b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
}

// float writes a double; JSON has no NaN and no infinities, which the
// protocols write as strings.
func (w *jsonWriter) float(f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		w.str(floatText(f))
		return
	}
	w.b = strconv.AppendFloat(w.b, f, 'g', -1, 64)
}

// appendSeconds writes a time as epoch seconds with up to three decimals.
func appendSeconds(b []byte, t time.Time) []byte {
	ms := t.UnixMilli()
	if ms < 0 {
		b = append(b, '-')
		ms = -ms
	}
	b = strconv.AppendInt(b, ms/1000, 10)
	rest := ms % 1000
	if rest == 0 {
		return b
	}
	b = append(b, '.', byte('0'+rest/100))
	if rest %= 100; rest == 0 {
		return b
	}
	b = append(b, byte('0'+rest/10))
	if rest %= 10; rest == 0 {
		return b
	}
	return append(b, byte('0'+rest))
}

// sizeHint estimates the JSON length of the value at p, so that the buffer of
// a large answer is asked for once. Strings are taken to need no escapes.
func (n *node) sizeHint(p unsafe.Pointer) int {
	if p = n.at(p); p == nil {
		return 0
	}
	switch n.kind {
	case kindString, kindEnum:
		return len(asString(p)) + 2
	case kindBlob:
		return (len(asBytes(p))+2)/3*4 + 2
	case kindStruct:
		size := 2
		for i := range n.fields {
			f := &n.fields[i]
			if inner := f.node.sizeHint(offset(p, f.offset)); inner > 0 {
				size += len(f.key) + inner + 1
			}
		}
		return size
	case kindList:
		if list, ok := n.recordList(p); ok {
			return recordsHint(list)
		}
		if list, ok := n.resultList(p); ok {
			return 2 + resultHint*len(list)
		}
		size := 2
		for i := range (*sliceHeader)(p).len {
			size += n.elem.sizeHint(n.index(p, i)) + 1
		}
		return size
	case kindUnion:
		if f, at := n.chosen(p); f != nil {
			return len(f.key) + 2 + f.node.sizeHint(at)
		}
		return 2
	case kindMap:
		return 64 * (1 + reflect.NewAt(n.typ, p).Elem().Len())
	}
	return 20
}
