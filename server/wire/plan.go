package wire

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
)

// Plan is the compiled codec of one operation. It is safe for concurrent use.
type Plan struct {
	op *Operation
	// in and out are nil where the model has no such shape.
	in, out *node
	inType  reflect.Type
	outType reflect.Type
	// put is set where inputs are read by hand; see puts.go.
	put *putPlan
	// events holds the compiled event shapes of a stream by Go type.
	events sync.Map
}

// kind is what a node does, in terms of Go.
type kind uint8

const (
	kindStruct kind = iota + 1
	kindList
	kindMap
	kindString
	kindEnum // a string whose zero value means absent
	kindInt32
	kindInt64
	kindFloat64
	kindBool
	kindBlob
	kindTime
	kindUnion // a structure of which one member is set, an interface in Go
)

// node is the plan of one Go type in its role as a model shape.
type node struct {
	kind kind
	// ptr says that the value is held by pointer, where nil means absent.
	ptr   bool
	shape *Shape
	// typ is the Go type without that pointer.
	typ  reflect.Type
	size uintptr

	fields []field        // of a structure, in model order
	byName map[string]int // index into fields by wire name
	elem   *node          // of a list or map
	// choices are the Go types of a union's members, in the order of fields, and
	// byType the indices into fields.
	choices []reflect.Type
	byType  map[reflect.Type]int
	// body is the structure with only the members that travel in a REST body,
	// which is the node itself where all do.
	body *node
	// limit is how many elements of a list or map are kept when reading; see bounds.go.
	limit int
	// hasEnum says that an enum lies below, so that the path must be known when reading.
	hasEnum bool
}

// field is one member of a structure.
type field struct {
	member *Member
	name   string // on the wire
	key    string // `"name":` for JSON
	offset uintptr
	node   *node
}

// Compile makes the plan of an operation from the struct types of its input
// and output. A nil type is allowed where the model has no shape. For event
// streams out is the union interface of the events (or one of its member
// structs, or nil); events are then compiled when first seen. The error says
// where Go and the model disagree: a member that Go lacks, or a different type.
func Compile(op *Operation, in, out reflect.Type) (*Plan, error) {
	p := &Plan{op: op, inType: in, outType: out}
	c := compiler{seen: map[nodeKey]*node{}}
	var err error
	if op.Input != nil {
		if in == nil || in.Kind() != reflect.Struct {
			return nil, fmt.Errorf("%s: the input must be a struct, not %v", op.Name, in)
		}
		if p.in, err = c.node(op.Input, in, op.Name+"Input"); err != nil {
			return nil, err
		}
		p.put = putPlanOf(p.in)
	}
	switch {
	case op.Stream && out != nil && out.Kind() == reflect.Struct:
		_, err = p.eventNode(out)
	case op.Stream:
	case op.Output != nil:
		if out == nil || out.Kind() != reflect.Struct {
			return nil, fmt.Errorf("%s: the output must be a struct, not %v", op.Name, out)
		}
		p.out, err = c.node(op.Output, out, op.Name+"Output")
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Operation returns what the plan is for.
func (p *Plan) Operation() *Operation { return p.op }

// NewInput returns a new *XInput, nil when the operation has none.
func (p *Plan) NewInput() any {
	if p.inType == nil {
		return nil
	}
	return reflect.New(p.inType).Interface()
}

// EncodeEvent writes one event of a stream, a *…EventStreamMember…, without
// its frame.
func (p *Plan) EncodeEvent(c Codec, event any) (eventType string, payload []byte, err error) {
	v := reflect.ValueOf(event)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return "", nil, fmt.Errorf("%s: an event must be a pointer to a member struct, not %T", p.op.Name, event)
	}
	e, err := p.eventNode(v.Elem().Type())
	if err != nil {
		return "", nil, err
	}
	value := e.value.node.at(offset(v.UnsafePointer(), e.value.offset))
	if value == nil {
		return "", nil, fmt.Errorf("%s: the event is empty", p.op.Name)
	}
	switch c.Protocol() {
	case CBOR11, RPCv2CBOR:
		w := cborWriter{b: make([]byte, 0, e.value.node.sizeHint(value)), seconds: c.Protocol() == RPCv2CBOR}
		w.value(e.value.node, value)
		return e.name, w.b, nil
	}
	w := jsonWriter{b: make([]byte, 0, e.value.node.sizeHint(value))}
	w.value(e.value.node, value)
	return e.name, w.b, nil
}

// event is a compiled member of an event stream's union.
type event struct {
	name  string
	value field
}

// eventNode compiles a union member, whose name ends in the event's name and
// whose Value field holds the event.
func (p *Plan) eventNode(t reflect.Type) (*event, error) {
	if e, ok := p.events.Load(t); ok {
		return e.(*event), nil
	}
	union := p.op.Output
	if union != nil {
		if m := eventStreamMember(union); m != nil {
			union = m.Shape
		}
	}
	if !p.op.Stream || union == nil {
		return nil, fmt.Errorf("%s is not an event stream", p.op.Name)
	}
	_, name, _ := strings.Cut(t.Name(), "Member")
	value, ok := t.FieldByName("Value")
	for _, m := range union.Members {
		if m.Name != name || !ok {
			continue
		}
		c := compiler{seen: map[nodeKey]*node{}}
		n, err := c.node(m.Shape, value.Type, p.op.Name+"."+name)
		if err != nil {
			return nil, err
		}
		e, _ := p.events.LoadOrStore(t, &event{name, field{member: m, offset: value.Offset, node: n}})
		return e.(*event), nil
	}
	return nil, fmt.Errorf("%s: %v is not an event of the model", p.op.Name, t)
}

type nodeKey struct {
	shape *Shape
	typ   reflect.Type
}

// compiler remembers what it has seen, so that recursive shapes end.
type compiler struct {
	seen map[nodeKey]*node
}

// node compiles a shape that Go holds as type t; at names the place for errors.
func (c *compiler) node(s *Shape, t reflect.Type, at string) (*node, error) {
	if n, ok := c.seen[nodeKey{s, t}]; ok {
		return n, nil
	}
	n := &node{shape: s, typ: t}
	c.seen[nodeKey{s, t}] = n
	if t.Kind() == reflect.Pointer {
		n.ptr, n.typ = true, t.Elem()
	}
	n.size = n.typ.Size()
	n.limit = limitOf(s)
	var ok bool
	if n.kind, ok = goKind(s, n.typ, n.ptr); !ok {
		return nil, fmt.Errorf("%s: the model has a %s, Go a %v", at, s.Name, t)
	}
	var err error
	switch n.kind {
	case kindStruct:
		err = c.fields(n, at)
	case kindUnion:
		err = c.alternatives(n, at)
	case kindList, kindMap:
		if n.elem, err = c.node(s.Elem, n.typ.Elem(), at+"[]"); err != nil {
			return nil, err
		}
		if n.elem.ptr {
			return nil, fmt.Errorf("%s: elements must not be pointers, as in %v", at, t)
		}
		n.hasEnum = n.elem.hasEnum
	case kindEnum:
		n.hasEnum = true
	}
	return n, err
}

func (c *compiler) fields(n *node, at string) error {
	n.byName = make(map[string]int, len(n.shape.Members))
	for _, m := range n.shape.Members {
		goName := upperFirst(m.Name)
		f, ok := n.typ.FieldByName(goName)
		if !ok || len(f.Index) != 1 {
			return fmt.Errorf("%s: the model has a member %s, %v lacks it", at, m.Name, n.typ)
		}
		child, err := c.node(m.Shape, f.Type, at+"."+m.Name)
		if err != nil {
			return err
		}
		if !child.absentable() {
			return fmt.Errorf("%s.%s: a %v cannot be absent", at, m.Name, f.Type)
		}
		n.byName[m.WireName] = len(n.fields)
		n.fields = append(n.fields, field{
			member: m, name: m.WireName, key: `"` + m.WireName + `":`, offset: f.Offset, node: child,
		})
		n.hasEnum = n.hasEnum || child.hasEnum
	}
	n.body = n.withoutBound()
	return nil
}

// withoutBound returns the node without the members that REST protocols bind
// to path, query string or headers.
func (n *node) withoutBound() *node {
	inside := *n
	inside.fields, inside.byName = nil, map[string]int{}
	for _, f := range n.fields {
		if f.member.Location == LocationBody {
			inside.byName[f.name] = len(inside.fields)
			inside.fields = append(inside.fields, f)
		}
	}
	if len(inside.fields) == len(n.fields) {
		return n
	}
	return &inside
}

// absentable says whether the zero value means absent, which every member of a
// structure must be able to express. The bare numbers and flags that Lambda has
// cannot; theirs is a default that no constraint refuses, so it may stand there.
func (n *node) absentable() bool {
	switch n.kind {
	case kindList, kindMap, kindBlob, kindEnum, kindUnion:
		return true
	case kindBool, kindInt32, kindInt64:
		return n.ptr || n.shape.Min == nil && n.shape.Max == nil
	}
	return n.ptr
}

// goKind pairs a shape with a Go type; ok is false when they do not match.
func goKind(s *Shape, t reflect.Type, ptr bool) (k kind, ok bool) {
	switch s.Kind {
	case KindStructure:
		if t.Kind() == reflect.Interface {
			return kindUnion, !ptr && unionMembers(t) != nil
		}
		return kindStruct, t.Kind() == reflect.Struct
	case KindList:
		return kindList, t.Kind() == reflect.Slice && !ptr
	case KindMap:
		return kindMap, t.Kind() == reflect.Map && t.Key().Kind() == reflect.String && !ptr
	case KindString:
		if !ptr && t != reflect.TypeFor[string]() {
			return kindEnum, t.Kind() == reflect.String
		}
		return kindString, t.Kind() == reflect.String
	case KindInteger:
		return kindInt32, t.Kind() == reflect.Int32
	case KindLong:
		return kindInt64, t.Kind() == reflect.Int64
	case KindDouble:
		return kindFloat64, t.Kind() == reflect.Float64
	case KindBoolean:
		return kindBool, t.Kind() == reflect.Bool
	case KindBlob:
		return kindBlob, t == reflect.TypeFor[[]byte]() && !ptr
	case KindTimestamp:
		return kindTime, t == reflect.TypeFor[time.Time]()
	}
	return 0, false
}

func upperFirst(name string) string { return strings.ToUpper(name[:1]) + name[1:] }
