package wire

import (
	"reflect"
	"unsafe"
)

// lister fills a list within the bounds of its node.
type lister struct {
	n    *node
	list reflect.Value
	// len counts all elements, kept or not.
	len int
	// spill takes elements beyond the limit.
	spill reflect.Value
}

// newLister empties the list at p: of a repeated member the last one counts.
func newLister(n *node, p unsafe.Pointer) *lister {
	l := &lister{n: n, list: n.slice(p)}
	l.list.Set(reflect.MakeSlice(n.typ, 0, 0))
	return l
}

// expect makes room for more elements, as many as a guess from the length of
// the body says but never more than are kept.
func (l *lister) expect(more int) {
	bound := guessElements
	if l.n.shape.Max != nil {
		bound = l.n.limit
	}
	if more = min(more+1, bound); more > 0 {
		l.list.Grow(more)
	}
}

// next returns where the next element goes, nil when there are too many.
func (l *lister) next() unsafe.Pointer {
	at := l.len
	l.len++
	if at < l.n.limit {
		if at >= l.list.Cap() {
			l.list.Grow(1)
		}
		l.list.SetLen(at + 1)
		return unsafe.Add(l.list.UnsafePointer(), uintptr(at)*l.n.elem.size)
	}
	if l.n.shape.Max == nil {
		return nil
	}
	if !l.spill.IsValid() {
		l.spill = reflect.New(l.n.elem.typ)
	}
	l.spill.Elem().SetZero()
	return l.spill.UnsafePointer()
}

// mapper fills a map within the bounds of its node.
type mapper struct {
	n       *node
	m       reflect.Value
	value   reflect.Value
	strings map[string]string // m again when it is a plain one
}

// newMapper makes a new map at p.
func newMapper(n *node, p unsafe.Pointer) *mapper {
	at := reflect.NewAt(n.typ, p)
	at.Elem().Set(reflect.MakeMap(n.typ))
	m := &mapper{n: n, m: at.Elem(), value: reflect.New(n.typ.Elem())}
	m.strings, _ = m.m.Interface().(map[string]string)
	return m
}

// room returns where the next value goes.
func (m *mapper) room() unsafe.Pointer {
	m.value.Elem().SetZero()
	return m.value.UnsafePointer()
}

// put stores the value last read, or removes the key when it was null. ok is
// false when there are too many.
func (m *mapper) put(key string, null bool) (ok bool) {
	if m.strings != nil && !null {
		if _, have := m.strings[key]; have || len(m.strings) < m.n.limit {
			m.strings[key] = asString(m.value.UnsafePointer())
			return true
		}
		return m.n.shape.Max != nil
	}
	k := reflect.ValueOf(key).Convert(m.n.typ.Key())
	switch {
	case null:
		m.m.SetMapIndex(k, reflect.Value{})
	case m.m.MapIndex(k).IsValid() || m.m.Len() < m.n.limit:
		m.m.SetMapIndex(k, m.value.Elem())
	default:
		return m.n.shape.Max != nil
	}
	return true
}
