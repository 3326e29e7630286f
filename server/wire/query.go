package wire

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unsafe"
)

// queryCodec speaks awsQuery: a form in, XML out. Members of structures are
// joined by points, lists count Name.member.1 and maps Name.entry.1.key.
type queryCodec struct{}

// Bounds on forms: parameters, and the names made of them at their points.
const (
	maxFormFields = 10000
	maxFormNames  = 4 * maxFormFields
)

// Protocol returns Query.
func (queryCodec) Protocol() Protocol { return Query }

// DecodeInput reads the form of the body and of the query string; see Codec.
func (queryCodec) DecodeInput(p *Plan, r *Request) (any, *Notes, error) {
	in := p.NewInput()
	if bytes.Count(r.Body, []byte{'&'}) >= maxFormFields {
		return nil, nil, malformed()
	}
	form, err := url.ParseQuery(string(r.Body))
	if err != nil {
		return nil, nil, malformed()
	}
	for name, values := range r.Query {
		if _, ok := form[name]; !ok {
			form[name] = values
		}
	}
	prefixes := prefixesOf(form)
	if len(prefixes) > maxFormNames {
		return nil, nil, malformed()
	}
	d := queryDecoder{form: form, prefixes: prefixes}
	if p.in == nil {
		return in, &d.notes, nil
	}
	if !d.structure(p.in, pointerTo(in), "") {
		return nil, nil, malformed()
	}
	return d.finish(in)
}

// prefixesOf returns every name under which a parameter lies: A, A.member and
// A.member.1 for A.member.1. It stops when there are more than maxFormNames.
func prefixesOf(form url.Values) map[string]bool {
	prefixes := map[string]bool{}
	for name := range form {
		for at := len(name); at >= 0 && len(prefixes) <= maxFormNames; at = strings.LastIndexByte(name, '.') {
			name = name[:at]
			prefixes[name] = true
		}
	}
	return prefixes
}

// queryDecoder reads a form into shapes.
type queryDecoder struct {
	decoding
	form     url.Values
	prefixes map[string]bool
}

// structure reads the members whose names begin with prefix. It returns false
// only when a list or map is out of bounds.
func (d *queryDecoder) structure(n *node, p unsafe.Pointer, prefix string) bool {
	for i := range n.fields {
		f := &n.fields[i]
		name := prefix + f.name
		if !d.prefixes[name] {
			continue
		}
		d.push(f.node, step{member: f.member})
		if !d.value(f.node, offset(p, f.offset), name, f.member.TimestampFormat) {
			return false
		}
		d.pop(f.node)
	}
	return true
}

func (d *queryDecoder) value(n *node, p unsafe.Pointer, name, timestamps string) bool {
	switch n.kind {
	case kindStruct:
		return d.structure(n, n.place(p), name+".")
	case kindList:
		return d.list(n, p, name, timestamps)
	case kindMap:
		return d.mapping(n, p, name, timestamps)
	}
	if values, ok := d.form[name]; ok {
		d.bindScalar(n, p, values[0], timestamps)
		return true
	}
	d.mismatch(mismatch(n.kind, givenObject, ""))
	return true
}

func (d *queryDecoder) list(n *node, p unsafe.Pointer, name, timestamps string) bool {
	l := newLister(n, p)
	for i := 1; ; i++ {
		element := name + ".member." + strconv.Itoa(i)
		if !d.prefixes[element] {
			// Name= alone is an empty list.
			return true
		}
		at := l.next()
		if at == nil {
			return false
		}
		d.push(n.elem, step{index: l.len - 1})
		if !d.value(n.elem, at, element, timestamps) {
			return false
		}
		d.pop(n.elem)
	}
}

func (d *queryDecoder) mapping(n *node, p unsafe.Pointer, name, timestamps string) bool {
	m := newMapper(n, p)
	for i := 1; ; i++ {
		entry := name + ".entry." + strconv.Itoa(i)
		key, ok := d.form[entry+".key"]
		if !ok {
			return true
		}
		at := m.room()
		if d.prefixes[entry+".value"] && !d.value(n.elem, at, entry+".value", timestamps) {
			return false
		}
		if !m.put(key[0], false) {
			return false
		}
	}
}

// EncodeOutput writes the XML of an answer; the request id is filled in later
// by Response.SetRequestID.
func (queryCodec) EncodeOutput(p *Plan, out any) (*Response, error) {
	at, err := p.outPointer(out)
	if err != nil {
		return nil, err
	}
	w := xmlWriter{}
	name := p.op.Name
	w.open(name+"Response", p.op.Service.XMLNamespace)
	if p.out != nil {
		w.open(name+"Result", "")
		if at != nil {
			w.structure(p.out, at)
		}
		w.shut(name + "Result")
	}
	w.open("ResponseMetadata", "")
	w.open("RequestId", "")
	idAt := w.Len()
	w.shut("RequestId")
	w.shut("ResponseMetadata")
	w.shut(name + "Response")
	return &Response{Status: p.op.Status, Header: xmlHeader(), Body: w.Bytes(), idAt: idAt}, nil
}

// EncodeFault writes the XML of an error.
func (queryCodec) EncodeFault(svc *Service, f *Fault, requestID string) *Response {
	w := xmlWriter{}
	namespace, blame := "", "Receiver"
	if svc != nil {
		namespace = svc.XMLNamespace
	}
	if f.Sender {
		blame = "Sender"
	}
	w.open("ErrorResponse", namespace)
	w.open("Error", "")
	w.leaf("Type", blame)
	w.leaf("Code", f.Code)
	if !f.NoMessage {
		w.leaf("Message", f.Message)
	}
	w.shut("Error")
	w.leaf("RequestId", requestID)
	w.shut("ErrorResponse")
	return &Response{Status: f.Status, Header: xmlHeader(), Body: w.Bytes()}
}

func xmlHeader() http.Header { return http.Header{"Content-Type": {"text/xml"}} }
