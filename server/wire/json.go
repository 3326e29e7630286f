package wire

import (
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"unsafe"
)

// jsonCodec speaks awsJson 1.0 and 1.1.
type jsonCodec struct{ protocol Protocol }

// Protocol returns which of the two it is.
func (c jsonCodec) Protocol() Protocol { return c.protocol }

func (c jsonCodec) contentType() string {
	if c.protocol == JSON10 {
		return "application/x-amz-json-1.0"
	}
	return "application/x-amz-json-1.1"
}

// jsonHeaders are the headers of answers, shared by all. They are read-only.
var jsonHeaders = map[Protocol]http.Header{
	JSON10: {"Content-Type": {jsonCodec{JSON10}.contentType()}},
	JSON11: {"Content-Type": {jsonCodec{JSON11}.contentType()}},
}

// DecodeInput reads a JSON object; see Codec.
func (c jsonCodec) DecodeInput(p *Plan, r *Request) (any, *Notes, error) {
	if in, notes := p.quick(r, false); in != nil {
		return in, notes, nil
	}
	in := p.NewInput()
	d := jsonDecoder{jsonReader: jsonReader{b: r.Body}}
	d.arena.blobs = r.Blobs
	if d.peek() != '{' {
		return nil, nil, malformed()
	}
	ok := false
	if p.in == nil {
		ok = d.skip()
	} else {
		ok = d.value(p.in, pointerTo(in))
	}
	if !ok || !d.end() {
		return nil, nil, malformed()
	}
	return d.finish(in)
}

// EncodeOutput writes the answer; operations without output answer with an empty body.
func (c jsonCodec) EncodeOutput(p *Plan, out any) (*Response, error) {
	r := new(Response)
	if err := c.encode(r, p, out); err != nil {
		return nil, err
	}
	return r, nil
}

func (c jsonCodec) encode(r *Response, p *Plan, out any) error {
	at, err := p.outPointer(out)
	if err != nil {
		return err
	}
	r.Status, r.Header = p.op.Status, jsonHeaders[c.protocol]
	switch {
	case p.out == nil:
	case at == nil:
		r.Body = []byte("{}")
	default:
		r.setBody(encoding{n: p.out, p: at})
	}
	return nil
}

// EncodeFault writes an error by its short name, in JSON 1.0 by its full one.
func (c jsonCodec) EncodeFault(svc *Service, f *Fault, _ string) *Response {
	w := jsonWriter{b: []byte(`{"__type":`)}
	w.str(c.typeOf(svc, f.Code))
	if !f.NoMessage {
		w.b = append(w.b, ',')
		w.str(f.messageKey())
		w.b = append(w.b, ':')
		w.str(f.Message)
	}
	f.writeDetails(&w)
	w.b = append(w.b, '}')
	return &Response{
		Status: f.Status,
		Header: http.Header{"Content-Type": {c.contentType()}, "X-Amzn-Errortype": {f.Code}},
		Body:   w.b,
	}
}

// pointerTo returns where the struct behind a non-nil pointer is.
func pointerTo(in any) unsafe.Pointer { return reflect.ValueOf(in).UnsafePointer() }

// outPointer returns where an output is, nil for an empty one.
func (p *Plan) outPointer(out any) (unsafe.Pointer, error) {
	if out == nil {
		return nil, nil
	}
	v := reflect.ValueOf(out)
	if v.Kind() != reflect.Pointer || v.Type().Elem() != p.outType {
		return nil, fmt.Errorf("%s answers with *%v, not %T", p.op.Name, p.outType, out)
	}
	return v.UnsafePointer(), nil
}

// jsonDecoder reads JSON into shapes.
type jsonDecoder struct {
	jsonReader
	decoding
}

// value reads the next value as node n into the member held at p. It returns
// false only when the text is malformed.
func (d *jsonDecoder) value(n *node, p unsafe.Pointer) (ok bool) {
	switch c := d.peek(); c {
	case '"':
		return d.string(n, p)
	case '{':
		switch n.kind {
		case kindStruct:
			return d.object(n, n.place(p))
		case kindMap:
			return d.mapping(n, p)
		case kindUnion:
			return d.union(n, p)
		}
		d.mismatch(mismatch(n.kind, givenObject, ""))
		return d.skip()
	case '[':
		if n.kind == kindList {
			return d.list(n, p)
		}
		d.mismatch(mismatch(n.kind, givenList, ""))
		return d.skip()
	case 't', 'f':
		if n.kind == kindBool {
			d.setBool(n, p, c == 't')
		} else {
			d.mismatch(mismatch(n.kind, givenBool, ""))
		}
		return d.skip()
	case 'n':
		n.clear(p)
		return d.literal("null")
	}
	return d.numeric(n, p)
}

func (d *jsonDecoder) numeric(n *node, p unsafe.Pointer) bool {
	raw, ok := d.number()
	if !ok {
		return false
	}
	switch n.kind {
	case kindInt32, kindInt64:
		d.setInt(n, p, decimal(raw, 0))
	case kindTime:
		d.setTime(n, p, decimal(raw, 3))
	case kindFloat64:
		// Out of range becomes an infinity, which is what is wanted of a double.
		f, _ := strconv.ParseFloat(string(raw), 64)
		d.setFloat(n, p, f)
	default:
		d.mismatch(mismatch(n.kind, givenNumber, ""))
	}
	return true
}

func (d *jsonDecoder) string(n *node, p unsafe.Pointer) bool {
	if n.kind == kindBlob && d.blob(p) {
		return true
	}
	t, ok := d.str()
	if !ok {
		return false
	}
	switch n.kind {
	case kindString:
		d.setString(n, p, d.arena.text(t))
	case kindEnum:
		s, ok := n.known(t.raw)
		if !ok {
			s = d.arena.text(t)
		}
		d.setEnum(p, s)
	case kindBlob:
		d.slowBlob(p, t)
	case kindBool:
		d.mismatch(mismatch(n.kind, givenString, d.arena.text(t)))
	default:
		d.mismatch(mismatch(n.kind, givenString, ""))
	}
	return true
}

// object reads the members of a structure that begins at p. Members mostly
// come in the order of the model or of a previous record, so the one after
// the last is tried before the table.
func (d *jsonDecoder) object(n *node, p unsafe.Pointer) bool {
	d.i++
	if !d.enter() {
		return false
	}
	defer d.leave()
	next := 0
	for first := true; ; first = false {
		done, ok := d.more('}', first)
		if done || !ok {
			return ok
		}
		if d.peek() != '"' {
			return false
		}
		name, ok := d.str()
		if !ok || !d.take(':') {
			return false
		}
		at := n.find(name, next)
		if at < 0 {
			if !d.skip() {
				return false
			}
			continue
		}
		f := &n.fields[at]
		next = at + 1
		d.push(f.node, step{member: f.member})
		if !d.value(f.node, offset(p, f.offset)) {
			return false
		}
		d.pop(f.node)
	}
}

// find returns the index of the member of that name, -1 for an unknown one.
func (n *node) find(name text, next int) int {
	raw := name.raw
	if name.escaped {
		raw = name.unescape(nil)
	}
	if next < len(n.fields) && n.fields[next].name == string(raw) {
		return next
	}
	if at, ok := n.byName[string(raw)]; ok {
		return at
	}
	return -1
}

// list reads a list. The first element tells how many there is room for in
// what is left of the body, so that the memory is asked for once.
func (d *jsonDecoder) list(n *node, p unsafe.Pointer) bool {
	began := d.i
	d.i++
	if !d.enter() {
		return false
	}
	defer d.leave()
	l := newLister(n, p)
	for first := true; ; first = false {
		done, ok := d.more(']', first)
		if done || !ok {
			return ok
		}
		if l.len == 1 {
			l.expect((len(d.b) - d.i) / (d.i - began))
		}
		at := l.next()
		if at == nil {
			return false
		}
		d.push(n.elem, step{index: l.len - 1})
		if !d.value(n.elem, at) {
			return false
		}
		d.pop(n.elem)
	}
}

// mapping reads a map; an entry whose value is null is absent.
func (d *jsonDecoder) mapping(n *node, p unsafe.Pointer) bool {
	d.i++
	if !d.enter() {
		return false
	}
	defer d.leave()
	m := newMapper(n, p)
	for first := true; ; first = false {
		done, ok := d.more('}', first)
		if done || !ok {
			return ok
		}
		if d.peek() != '"' {
			return false
		}
		name, ok := d.str()
		if !ok || !d.take(':') {
			return false
		}
		key := d.arena.text(name)
		null := d.peek() == 'n'
		if !d.value(n.elem, m.room()) {
			return false
		}
		if !m.put(key, null) {
			return false
		}
	}
}
