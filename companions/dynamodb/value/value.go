// Package value is the attribute values of DynamoDB: their types, order, sizes
// and numbers, how they are stored, and how they are written so that bytes sort
// as keys do. It is pure.
package value

import (
	"bytes"
	"slices"
	"strings"
)

// Kind is the type of a value.
type Kind uint8

// The kinds. Their numbers are stored.
const (
	S Kind = iota + 1
	N
	B
	SS
	NS
	BS
	M
	L
	Null
	Bool
)

var kindNames = [...]string{S: "S", N: "N", B: "B", SS: "SS", NS: "NS", BS: "BS", M: "M", L: "L", Null: "NULL", Bool: "BOOL"}

// String is the name of the kind on the wire.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return ""
}

// KindOf finds a kind by its name.
func KindOf(name string) (Kind, bool) {
	if i := slices.Index(kindNames[1:], name); i >= 0 {
		return Kind(i + 1), true
	}
	return 0, false
}

// Set says whether values of the kind are sets.
func (k Kind) Set() bool { return k == SS || k == NS || k == BS }

// Value is one attribute's value. Values are never changed once made, so they
// may be shared; whoever changes one makes a copy of what lies on the way.
type Value struct {
	Kind Kind
	// Text is the text of S, the plain decimal of N, the bytes of B.
	Text string
	// Flag is the value of BOOL.
	Flag bool
	// List holds the elements of L, and those of sets: S, N or B values,
	// without duplicates.
	List []*Value
	// Map is that of M.
	Map Item
}

// Item is an item, or the contents of a map.
type Item map[string]*Value

// Equal compares deeply; the order of a set's elements does not count.
func (v *Value) Equal(w *Value) bool {
	if v == nil || w == nil {
		return v == w
	}
	if v.Kind != w.Kind || v.Text != w.Text || v.Flag != w.Flag || len(v.List) != len(w.List) {
		return false
	}
	switch {
	case v.Kind.Set():
		for _, e := range v.List {
			if !w.Has(e) {
				return false
			}
		}
		return true
	case v.Kind == L:
		return slices.EqualFunc(v.List, w.List, (*Value).Equal)
	}
	return v.Map.Equal(w.Map)
}

// Equal compares deeply.
func (i Item) Equal(j Item) bool {
	if len(i) != len(j) {
		return false
	}
	for name, v := range i {
		if !v.Equal(j[name]) {
			return false
		}
	}
	return true
}

// Has says whether a list or set holds an element.
func (v *Value) Has(e *Value) bool {
	return slices.ContainsFunc(v.List, e.Equal)
}

// Compare orders two values of one kind; ok is false for kinds without order
// and for different ones.
func (v *Value) Compare(w *Value) (order int, ok bool) {
	if v == nil || w == nil || v.Kind != w.Kind {
		return 0, false
	}
	switch v.Kind {
	case S, B:
		return strings.Compare(v.Text, w.Text), true
	case N:
		return v.Number().Cmp(w.Number()), true
	}
	return 0, false
}

// Contains tells whether a text has a part, a set or list an element.
func (v *Value) Contains(e *Value) bool {
	switch {
	case v == nil || e == nil:
		return false
	case v.Kind == S && e.Kind == S, v.Kind == B && e.Kind == B:
		return strings.Contains(v.Text, e.Text)
	case v.Kind.Set(), v.Kind == L:
		return v.Has(e)
	}
	return false
}

// Number is the number of an N.
func (v *Value) Number() Number {
	n, _ := ParseNumber(v.Text) // it was parsed when the value was made
	return n
}

// NewNumber makes an N.
func NewNumber(n Number) *Value { return &Value{Kind: N, Text: n.String()} }

// Size is what the service counts: names and texts by their bytes, numbers by
// their digits, and a little for each thing that holds others.
func (i Item) Size() (n int) {
	for name, v := range i {
		n += len(name) + v.Size()
	}
	return n
}

// Size is the size of one value; see Item.Size.
func (v *Value) Size() (n int) {
	switch v.Kind {
	case S, B:
		return len(v.Text)
	case N:
		return v.Number().Size()
	case Null, Bool:
		return 1
	case M:
		return 3 + len(v.Map) + v.Map.Size()
	case L:
		n = 3 + len(v.List)
	}
	for _, e := range v.List {
		n += e.Size()
	}
	return n
}

// Depth is how deep a value holds others: 0 for a scalar or set.
func (v *Value) Depth() (n int) {
	for _, e := range v.Map {
		n = max(n, e.Depth()+1)
	}
	if v.Kind == L {
		for _, e := range v.List {
			n = max(n, e.Depth()+1)
		}
	}
	return n
}

// sortKey orders the elements of a set in a stable way.
func sortKey(a, b *Value) int {
	if order, ok := a.Compare(b); ok {
		return order
	}
	return bytes.Compare(Append(nil, a), Append(nil, b))
}

// Sorted returns the elements of a set in order, as the service gives them.
func (v *Value) Sorted() []*Value {
	return slices.SortedFunc(slices.Values(v.List), sortKey)
}
