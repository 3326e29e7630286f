package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// Validate checks an input, a *XInput, against the constraints of the model.
// It returns nil, or one ValidationException that lists every failure, ten at
// most, with the service's texts. Members are looked at in the order of the
// model. notes come from DecodeInput; in-process calls pass nil. A nil input
// is an empty one, as for SDK clients; one of another type is a bug of the
// caller, answered by the internal failure.
func (p *Plan) Validate(in any, notes *Notes) *Fault {
	if p.in == nil || notes != nil && notes.valid {
		return nil
	}
	given := reflect.ValueOf(in)
	switch {
	case in == nil:
		given = reflect.New(p.inType)
	case given.Type() != reflect.PointerTo(p.inType):
		f := InternalFailure()
		f.Message = fmt.Sprintf("%s takes a *%v, not a %T", p.op.Name, p.inType, in)
		return f
	case given.IsNil():
		given = reflect.New(p.inType)
	}
	v := validator{notes: notes, service: p.op.Service}
	v.structure(p.in, given.UnsafePointer())
	return v.fault()
}

// The service's texts; see also constraintTexts.
const (
	textNotNull   = "Member must not be null"
	textMaxLength = "Member must have length less than or equal to %d"
	textMinLength = "Member must have length greater than or equal to %d"
	textMaxValue  = "Member must have value less than or equal to %d"
	textMinValue  = "Member must have value greater than or equal to %d"
	textPattern   = "Member must satisfy regular expression pattern: %s"
	textEnum      = "Member must satisfy enum value set: [%s]"
	textElements  = "Member must satisfy constraint: [%s]"
	textKeys      = "Map keys must satisfy constraint: [%s]"
	textValues    = "Map value must satisfy constraint: [%s]"
)

type validator struct {
	notes    *Notes
	service  *Service
	path     []step
	failures []string
}

func (v *validator) fault() *Fault {
	n := len(v.failures)
	if n == 0 {
		return nil
	}
	word := "errors"
	if n == 1 {
		word = "error"
	}
	return &Fault{
		Code: codeValidation, Status: 400, Sender: true,
		Message: fmt.Sprintf("%d validation %s detected: %s", n, word, strings.Join(v.failures, "; ")),
	}
}

func (v *validator) full() bool { return len(v.failures) >= maxFailures }

// fail notes a failure of the value in node n at p at the present path.
func (v *validator) fail(n *node, p unsafe.Pointer, text string) {
	if v.full() {
		return
	}
	// Values that hold record data are left out by today's service.
	value := ""
	switch {
	case v.service.Discreet:
	case p == nil:
		value = " null"
	case !n.shape.hasBlob:
		value = " '" + v.valueText(n, p) + "'"
	}
	v.failures = append(v.failures,
		"Value"+value+" at '"+pathText(v.path)+"' failed to satisfy constraint: "+text)
}

func (v *validator) structure(n *node, p unsafe.Pointer) {
	for i := range n.fields {
		if v.full() {
			return
		}
		f := &n.fields[i]
		held := offset(p, f.offset)
		at := f.node.at(held)
		v.path = append(v.path, step{member: f.member})
		switch {
		case at != nil:
			v.value(f.node, at)
		case f.node.kind == kindEnum && v.notes.emptyEnum(v.path):
			v.value(f.node, held)
		case f.member.Required:
			v.fail(f.node, nil, textNotNull)
		}
		v.path = v.path[:len(v.path)-1]
	}
}

// value checks a value that is there.
func (v *validator) value(n *node, p unsafe.Pointer) {
	switch n.kind {
	case kindStruct:
		v.structure(n, p)
	case kindList:
		v.list(n, p)
	case kindMap:
		v.mapping(n, p)
	default:
		checkScalar(n, p, func(text string) { v.fail(n, p, text) })
	}
}

// checkScalar reports each constraint that a scalar breaks. A pattern comes
// before a length, and both are reported for an empty string.
func checkScalar(n *node, p unsafe.Pointer, report func(text string)) {
	s := n.shape
	switch n.kind {
	case kindString, kindEnum:
		checkString(s, asString(p), report)
	case kindBlob:
		checkLength(s, len(asBytes(p)), report)
	case kindInt32:
		checkRange(s, int64(asInt32(p)), report)
	case kindInt64:
		checkRange(s, asInt64(p), report)
	}
}

func checkString(s *Shape, value string, report func(text string)) {
	if len(s.Enum) > 0 {
		if !slices.Contains(s.Enum, value) {
			report(enumText(s))
		}
		return
	}
	hopeless := s.Max != nil && len(value) > maxMatch
	if s.Pattern != "" && !hopeless && !s.matches(value) {
		report(fmt.Sprintf(textPattern, s.Pattern))
	}
	if s.Max == nil && s.Min == nil {
		return
	}
	// Bytes are never fewer than characters, so that most strings need no count.
	length := len(value)
	if s.Max != nil && int64(length) > *s.Max || s.Min != nil && *s.Min > 1 {
		length = utf16Len(value)
	}
	checkLength(s, length, report)
}

func checkLength(s *Shape, length int, report func(text string)) {
	if s.Max != nil && int64(length) > *s.Max {
		report(fmt.Sprintf(textMaxLength, *s.Max))
	}
	if s.Min != nil && int64(length) < *s.Min {
		report(fmt.Sprintf(textMinLength, *s.Min))
	}
}

func checkRange(s *Shape, value int64, report func(text string)) {
	if s.Max != nil && value > *s.Max {
		report(fmt.Sprintf(textMaxValue, *s.Max))
	}
	if s.Min != nil && value < *s.Min {
		report(fmt.Sprintf(textMinValue, *s.Min))
	}
}

func enumText(s *Shape) string { return fmt.Sprintf(textEnum, strings.Join(s.Enum, ", ")) }

// list checks the size, then the elements: structures one by one with paths of
// their own, scalars all together at the path of the list.
func (v *validator) list(n *node, p unsafe.Pointer) {
	count := (*sliceHeader)(p).len
	checkLength(n.shape, count, func(text string) { v.fail(n, p, text) })
	if n.elem.kind != kindStruct {
		if !n.elementsGood(p) {
			v.fail(n, p, fmt.Sprintf(textElements, constraintTexts(n.elem.shape)))
		}
		return
	}
	for i := range count {
		if v.full() {
			return
		}
		v.path = append(v.path, step{index: i})
		v.structure(n.elem, n.index(p, i))
		v.path = v.path[:len(v.path)-1]
	}
}

func (v *validator) mapping(n *node, p unsafe.Pointer) {
	count, keys, values := 0, true, true
	key := node{kind: kindString, shape: n.shape.Key}
	n.entries(p, func(k string, value unsafe.Pointer) {
		count++
		keys = keys && key.good(unsafe.Pointer(&k))
		values = values && n.elem.good(value)
	})
	checkLength(n.shape, count, func(text string) { v.fail(n, p, text) })
	if !keys {
		v.fail(n, p, fmt.Sprintf(textKeys, constraintTexts(n.shape.Key)))
	}
	if !values {
		v.fail(n, p, fmt.Sprintf(textValues, constraintTexts(n.elem.shape)))
	}
}

// good says whether a value inside a list or map breaks no constraint.
func (n *node) good(p unsafe.Pointer) bool {
	good := true
	report := func(string) { good = false }
	if n.kind == kindList {
		checkLength(n.shape, (*sliceHeader)(p).len, report)
		return good && n.elementsGood(p)
	}
	checkScalar(n, p, report)
	return good
}

func (n *node) elementsGood(p unsafe.Pointer) bool {
	for i := range (*sliceHeader)(p).len {
		if !n.elem.good(n.index(p, i)) {
			return false
		}
	}
	return true
}

// constraintTexts lists everything that elements, keys or values must satisfy,
// whether they break it or not.
func constraintTexts(s *Shape) string {
	var texts []string
	maxText, minText := textMaxLength, textMinLength
	if s.Kind == KindInteger || s.Kind == KindLong {
		maxText, minText = textMaxValue, textMinValue
	}
	if s.Max != nil {
		texts = append(texts, fmt.Sprintf(maxText, *s.Max))
	}
	if s.Min != nil {
		texts = append(texts, fmt.Sprintf(minText, *s.Min))
	}
	if s.Pattern != "" {
		texts = append(texts, fmt.Sprintf(textPattern, s.Pattern))
	}
	if len(s.Enum) > 0 {
		texts = append(texts, enumText(s))
	}
	if s.Kind == KindList {
		if inner := constraintTexts(s.Elem); inner != "" {
			texts = append(texts, fmt.Sprintf(textElements, inner))
		}
	}
	return strings.Join(texts, ", ")
}

// valueText writes a value as Java's toString does, cut at maxEcho.
func (v *validator) valueText(n *node, p unsafe.Pointer) string {
	var b strings.Builder
	v.writeValue(&b, n, p)
	return b.String()
}

func (v *validator) writeValue(b *strings.Builder, n *node, p unsafe.Pointer) {
	if b.Len() > maxEcho {
		return
	}
	switch n.kind {
	case kindString, kindEnum:
		b.WriteString(echo(asString(p)))
	case kindInt32:
		b.WriteString(strconv.Itoa(int(asInt32(p))))
	case kindInt64:
		b.WriteString(strconv.FormatInt(asInt64(p), 10))
	case kindFloat64:
		b.WriteString(strconv.FormatFloat(asFloat(p), 'g', -1, 64))
	case kindBool:
		b.WriteString(strconv.FormatBool(asBool(p)))
	case kindTime:
		b.Write(appendSeconds(nil, *asTime(p)))
	case kindList:
		v.writeList(b, n, p)
	case kindMap:
		v.writeMap(b, n, p)
	case kindStruct, kindUnion:
		b.WriteString(v.service.ShapePackage + "." + n.shape.Name + "@" + n.identity(p))
	}
}

func (v *validator) writeList(b *strings.Builder, n *node, p unsafe.Pointer) {
	b.WriteByte('[')
	for i := range (*sliceHeader)(p).len {
		if i > 0 {
			b.WriteString(", ")
		}
		v.writeValue(b, n.elem, n.index(p, i))
	}
	b.WriteByte(']')
}

func (v *validator) writeMap(b *strings.Builder, n *node, p unsafe.Pointer) {
	b.WriteByte('{')
	first := true
	n.entries(p, func(key string, value unsafe.Pointer) {
		if !first {
			b.WriteString(", ")
		}
		first = false
		b.WriteString(key + "=")
		v.writeValue(b, n.elem, value)
	})
	b.WriteByte('}')
}

// identity is the number that Java shows of an object without a toString of
// its own: its hash in hex. Here it is one of the contents, so that the same
// request has the same answer.
func (n *node) identity(p unsafe.Pointer) string {
	w := jsonWriter{}
	w.value(n, p)
	var h uint32
	for _, c := range w.b {
		h = h*31 + uint32(c)
	}
	return strconv.FormatUint(uint64(h), 16)
}
