package wire

import (
	"reflect"
	"strings"
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// A union is a structure of which one member is set. The SDK holds it as an
// interface that a struct type per member implements; Go cannot list those, so
// they stand here. A value with no member, or with more than one, is kept as
// an UnknownUnionMember, which the room refuses with the service's own text.
func unionMembers(t reflect.Type) []reflect.Type {
	if t != reflect.TypeFor[types.AttributeValue]() {
		return nil
	}
	return []reflect.Type{
		reflect.TypeFor[types.AttributeValueMemberS](), reflect.TypeFor[types.AttributeValueMemberN](),
		reflect.TypeFor[types.AttributeValueMemberB](), reflect.TypeFor[types.AttributeValueMemberSS](),
		reflect.TypeFor[types.AttributeValueMemberNS](), reflect.TypeFor[types.AttributeValueMemberBS](),
		reflect.TypeFor[types.AttributeValueMemberM](), reflect.TypeFor[types.AttributeValueMemberL](),
		reflect.TypeFor[types.AttributeValueMemberNULL](), reflect.TypeFor[types.AttributeValueMemberBOOL](),
	}
}

// SeveralMembers is the tag of the UnknownUnionMember of a union of which more
// than one member was set; that of an empty one has none.
const SeveralMembers = "several"

// alternatives compiles the members of a union: fields whose offset is that of
// Value in the member's struct.
func (c *compiler) alternatives(n *node, at string) error {
	n.byName = map[string]int{}
	n.byType = map[reflect.Type]int{}
	for _, t := range unionMembers(n.typ) {
		_, name, _ := strings.Cut(t.Name(), "Member")
		value, _ := t.FieldByName("Value")
		for _, m := range n.shape.Members {
			if m.Name != name {
				continue
			}
			child, err := c.node(m.Shape, value.Type, at+"."+name)
			if err != nil {
				return err
			}
			n.byName[m.WireName], n.byType[t] = len(n.fields), len(n.fields)
			n.fields = append(n.fields, field{member: m, name: m.WireName, key: `"` + m.WireName + `":`, offset: value.Offset, node: child})
			n.choices = append(n.choices, t)
		}
	}
	return nil
}

// chosen returns the member that the union at p holds, nil when it is none of
// the model's, and where its value is.
func (n *node) chosen(p unsafe.Pointer) (*field, unsafe.Pointer) {
	held := reflect.NewAt(n.typ, p).Elem().Elem()
	if held.Kind() != reflect.Pointer || held.IsNil() {
		return nil, nil
	}
	at, ok := n.byType[held.Type().Elem()]
	if !ok {
		return nil, nil
	}
	f := &n.fields[at]
	return f, offset(held.UnsafePointer(), f.offset)
}

// union reads the members of a union into the interface at p.
func (d *jsonDecoder) union(n *node, p unsafe.Pointer) bool {
	d.i++
	if !d.enter() {
		return false
	}
	defer d.leave()
	var held reflect.Value
	several := false
	for first := true; ; first = false {
		done, ok := d.more('}', first)
		if done && ok {
			break
		}
		if !ok || d.peek() != '"' {
			return false
		}
		name, ok := d.str()
		if !ok || !d.take(':') {
			return false
		}
		at := n.find(name, 0)
		if at < 0 || d.peek() == 'n' {
			if !d.skip() {
				return false
			}
			continue
		}
		several = several || held.IsValid()
		held = reflect.New(n.choices[at])
		if !d.value(n.fields[at].node, offset(held.UnsafePointer(), n.fields[at].offset)) {
			return false
		}
	}
	switch {
	case several:
		held = reflect.ValueOf(&types.UnknownUnionMember{Tag: SeveralMembers})
	case !held.IsValid():
		held = reflect.ValueOf(&types.UnknownUnionMember{})
	}
	reflect.NewAt(n.typ, p).Elem().Set(held)
	return true
}

func (w *jsonWriter) union(n *node, p unsafe.Pointer) {
	w.b = append(w.b, '{')
	if f, at := n.chosen(p); f != nil {
		w.b = append(w.b, f.key...)
		w.value(f.node, at)
	}
	w.b = append(w.b, '}')
}
