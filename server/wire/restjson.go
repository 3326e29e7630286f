package wire

import (
	"net/http"
	"strings"
	"unsafe"
)

// restCodec speaks restJson1: members travel in the path, the query string,
// headers and a JSON body, as the model says. It stands on the JSON codec for
// bodies; restbind.go has the rest.
type restCodec struct{}

const restJSONType = "application/json"

// Protocol returns RestJSON1.
func (restCodec) Protocol() Protocol { return RestJSON1 }

// DecodeInput binds every part of the request; see Codec. A missing body is an
// empty one.
func (restCodec) DecodeInput(p *Plan, r *Request) (any, *Notes, error) {
	in := p.NewInput()
	d := jsonDecoder{jsonReader: jsonReader{b: r.Body}}
	if p.in == nil {
		return in, &d.notes, nil
	}
	at := pointerTo(in)
	if !d.restBody(p.in, at, r) {
		return nil, nil, malformed()
	}
	for i := range p.in.fields {
		f := &p.in.fields[i]
		d.push(f.node, step{member: f.member})
		d.bind(f, offset(at, f.offset), r)
		d.pop(f.node)
	}
	return d.finish(in)
}

// restBody reads the body: the payload member where there is one, else an
// object of the members that have no other place.
func (d *jsonDecoder) restBody(n *node, at unsafe.Pointer, r *Request) bool {
	if f := n.payload(); f != nil {
		held := offset(at, f.offset)
		switch {
		case len(r.Body) == 0:
			return true
		case f.node.kind == kindBlob:
			d.setBlob(held, append([]byte{}, r.Body...))
			return true
		case f.node.kind == kindString:
			d.setString(f.node, held, string(r.Body))
			return true
		}
		return d.value(f.node, held) && d.end()
	}
	if d.peek() == 0 && d.end() {
		return true
	}
	if d.peek() != '{' {
		return false
	}
	return d.value(n.body, at) && d.end()
}

// EncodeOutput spreads the answer over status, headers and body; see Codec.
func (restCodec) EncodeOutput(p *Plan, out any) (*Response, error) {
	at, err := p.outPointer(out)
	if err != nil {
		return nil, err
	}
	r := &Response{Status: p.op.Status, Header: http.Header{}}
	if p.out == nil {
		return r, nil
	}
	if at == nil {
		r.Header.Set("Content-Type", restJSONType)
		r.Body = []byte("{}")
		return r, nil
	}
	for i := range p.out.fields {
		f := &p.out.fields[i]
		if value := f.node.at(offset(at, f.offset)); value != nil {
			r.spread(f, value)
		}
	}
	w := jsonWriter{}
	f := p.out.payload()
	switch {
	case f == nil:
		r.Header.Set("Content-Type", restJSONType)
		w.value(p.out.body, at)
		r.Body = w.b
	case r.Body == nil:
		// The payload is absent, or a structure that is written here.
		if value := f.node.at(offset(at, f.offset)); value != nil {
			r.Header.Set("Content-Type", restJSONType)
			w.value(f.node, value)
			r.Body = w.b
		}
	}
	return r, nil
}

// EncodeFault writes an error: its name in a header, its members as the model
// spells them.
func (restCodec) EncodeFault(svc *Service, f *Fault, _ string) *Response {
	key, typed := f.messageKey(), false
	if svc != nil {
		if shape, ok := svc.Faults[f.Code]; ok {
			key, typed = shape.MessageKey, shape.Typed
		}
	}
	w := jsonWriter{b: []byte{'{'}}
	if typed {
		blame := "Service"
		if f.Sender {
			blame = "User"
		}
		w.str("Type")
		w.b = append(w.b, ':')
		w.str(blame)
	}
	if !f.NoMessage {
		if typed {
			w.b = append(w.b, ',')
		}
		w.str(key)
		w.b = append(w.b, ':')
		w.str(f.Message)
	}
	w.b = append(w.b, '}')
	return &Response{
		Status: f.Status,
		Header: http.Header{"Content-Type": {restJSONType}, "X-Amzn-Errortype": {f.Code}},
		Body:   w.b,
	}
}

// payload returns the member that is the whole body, nil for none.
func (n *node) payload() *field {
	for i := range n.fields {
		if n.fields[i].member.Location == LocationPayload {
			return &n.fields[i]
		}
	}
	return nil
}

// spread puts a present member where the model wants it in a response, unless
// that is the JSON body.
func (r *Response) spread(f *field, p unsafe.Pointer) {
	switch f.member.Location {
	case LocationHeader:
		r.Header.Set(f.name, strings.Join(f.scalars(p, "rfc822"), ", "))
	case LocationHeaders:
		f.node.entries(p, func(key string, value unsafe.Pointer) {
			r.Header.Set(f.name+key, asString(value))
		})
	case LocationStatus:
		if status := int(asInt32(p)); status != 0 { // else the model's
			r.Status = status
		}
	case LocationPayload:
		switch f.node.kind {
		case kindBlob:
			// The one operation that has this is Lambda's Invoke, whose payloads
			// are JSON.
			r.Header.Set("Content-Type", restJSONType)
			r.Body = asBytes(p)
		case kindString:
			r.Body = []byte(asString(p))
		}
	}
}
