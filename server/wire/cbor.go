package wire

import (
	"math"
	"net/http"
	"unsafe"
)

// cborCodec speaks AWS CBOR 1.1, which Java SDKs use for Kinesis, and Smithy
// RPC-v2-CBOR. They differ in the unit of times (milliseconds as an integer in
// the first, seconds in the second) and in how errors are named.
//
// Reading is lenient: tags are passed over, so that times may come untagged or
// as floats, text is taken for its bytes where a blob is wanted, and
// containers and strings may be of either length form.
type cborCodec struct{ protocol Protocol }

// Protocol returns which of the two it is.
func (c cborCodec) Protocol() Protocol { return c.protocol }

func (c cborCodec) header() http.Header {
	if c.protocol == RPCv2CBOR {
		return http.Header{"Content-Type": {"application/cbor"}, "Smithy-Protocol": {string(RPCv2CBOR)}}
	}
	return http.Header{"Content-Type": {"application/x-amz-cbor-1.1"}}
}

// DecodeInput reads a CBOR map; see Codec. RPC-v2 calls without input may have
// an empty body.
func (c cborCodec) DecodeInput(p *Plan, r *Request) (any, *Notes, error) {
	if in, notes := p.quick(r, true); in != nil {
		return in, notes, nil
	}
	in := p.NewInput()
	if len(r.Body) == 0 && c.protocol == RPCv2CBOR {
		return in, &Notes{}, nil
	}
	d := cborDecoder{cborReader: cborReader{b: r.Body}, unit: 1}
	d.arena.blobs = r.Blobs
	if c.protocol == RPCv2CBOR {
		d.unit = 1000
	}
	h, ok := d.untagged()
	if !ok || h.major != cborMap {
		return nil, nil, malformed()
	}
	if p.in == nil {
		ok = d.skipRest(h)
	} else {
		ok = d.object(h, p.in, pointerTo(in))
	}
	if !ok || d.i != len(d.b) {
		return nil, nil, malformed()
	}
	return d.finish(in)
}

// EncodeOutput writes the answer; operations without output answer with an empty body.
func (c cborCodec) EncodeOutput(p *Plan, out any) (*Response, error) {
	r := new(Response)
	if err := c.encode(r, p, out); err != nil {
		return nil, err
	}
	return r, nil
}

// cborHeader is the header of answers in AWS CBOR, shared by all. It is read-only.
var cborHeader = cborCodec{CBOR11}.header()

func (c cborCodec) encode(r *Response, p *Plan, out any) error {
	at, err := p.outPointer(out)
	if err != nil {
		return err
	}
	if r.Status, r.Header = p.op.Status, cborHeader; c.protocol != CBOR11 {
		r.Header = c.header()
	}
	switch {
	case p.out == nil:
		// RPC-v2 wants no content type without content.
		if c.protocol == RPCv2CBOR {
			r.Header.Del("Content-Type")
		}
	case at == nil:
		r.Body = []byte{cborMap << 5}
	default:
		r.setBody(encoding{n: p.out, p: at, cbor: true, seconds: c.protocol == RPCv2CBOR})
	}
	return nil
}

// EncodeFault writes an error: by its short name, or for RPC-v2 by the full
// name of its shape.
func (c cborCodec) EncodeFault(svc *Service, f *Fault, _ string) *Response {
	name := f.Code
	if c.protocol == RPCv2CBOR && svc != nil {
		name = "com.amazonaws." + svc.ID + "#" + f.Code
	}
	w := cborWriter{}
	members := uint64(2)
	if f.NoMessage {
		members = 1
	}
	w.head(cborMap, members)
	w.text("__type")
	w.text(name)
	if !f.NoMessage {
		w.text(f.messageKey())
		w.text(f.Message)
	}
	r := &Response{Status: f.Status, Header: c.header(), Body: w.b}
	r.Header.Set("X-Amzn-Errortype", f.Code)
	return r
}

// cborDecoder reads CBOR into shapes.
type cborDecoder struct {
	cborReader
	decoding
	// unit is how many milliseconds a time counts.
	unit int64
}

// value reads the next item as node n into the member held at p. It returns
// false only when the input is malformed.
func (d *cborDecoder) value(n *node, p unsafe.Pointer) bool {
	h, ok := d.untagged()
	if !ok {
		return false
	}
	switch h.major {
	case cborUint, cborNegative:
		d.integer(h, n, p)
		return true
	case cborSimple:
		d.simple(h, n, p)
		return true
	case cborBytes, cborText:
		return d.string(h, n, p)
	case cborList:
		if n.kind == kindList {
			return d.list(h, n, p)
		}
		d.mismatch(mismatch(n.kind, givenList, ""))
	case cborMap:
		switch n.kind {
		case kindStruct:
			return d.object(h, n, n.place(p))
		case kindMap:
			return d.mapping(h, n, p)
		}
		d.mismatch(mismatch(n.kind, givenObject, ""))
	}
	return d.skipRest(h)
}

func (d *cborDecoder) integer(h head, n *node, p unsafe.Pointer) {
	v := h.integer()
	switch n.kind {
	case kindInt32, kindInt64:
		d.setInt(n, p, v)
	case kindFloat64:
		d.setFloat(n, p, float64(v))
	case kindTime:
		// The bounds of times are far below what this clamps to.
		d.setTime(n, p, min(max(v, math.MinInt64/1000), math.MaxInt64/1000)*d.unit)
	default:
		d.mismatch(mismatch(n.kind, givenNumber, ""))
	}
}

func (d *cborDecoder) simple(h head, n *node, p unsafe.Pointer) {
	if f, ok := h.float(); ok {
		d.float(f, n, p)
		return
	}
	switch h.info {
	case cborFalse, cborTrue:
		if n.kind == kindBool {
			d.setBool(n, p, h.info == cborTrue)
			return
		}
		d.mismatch(mismatch(n.kind, givenBool, ""))
	case cborNull, cborUndefined:
		n.clear(p)
	default:
		// Unassigned simple values are numbers, if anything.
		d.mismatch(mismatch(n.kind, givenNumber, ""))
	}
}

func (d *cborDecoder) float(f float64, n *node, p unsafe.Pointer) {
	switch n.kind {
	case kindFloat64:
		d.setFloat(n, p, f)
		return
	case kindInt32, kindInt64:
		if v, ok := floatWhole(f); ok {
			d.setInt(n, p, v)
			return
		}
	case kindTime:
		if ms, ok := floatMillis(f, float64(d.unit)); ok {
			d.setTime(n, p, ms)
			return
		}
	}
	d.mismatch(mismatch(n.kind, givenNumber, ""))
}

func (d *cborDecoder) string(h head, n *node, p unsafe.Pointer) bool {
	b, ok := d.bytes(h)
	if !ok {
		return false
	}
	switch {
	case n.kind == kindBlob:
		room := d.arena.blob(len(b), len(b)+len(d.b)-d.i)
		copy(room, b)
		d.setBlob(p, room)
	case h.major == cborBytes:
		d.mismatch(mismatch(n.kind, givenBytes, ""))
	case n.kind == kindString:
		d.setString(n, p, d.arena.text(text{raw: b}))
	case n.kind == kindEnum:
		s, ok := n.known(b)
		if !ok {
			s = d.arena.text(text{raw: b})
		}
		d.setEnum(p, s)
	default:
		d.mismatch(mismatch(n.kind, givenString, string(b)))
	}
	return true
}

// name consumes a map key. Keys that are not text name nothing.
func (d *cborDecoder) name() (b []byte, ok bool) {
	h, ok := d.untagged()
	if !ok {
		return nil, false
	}
	if h.major != cborText {
		return nil, d.skipRest(h)
	}
	return d.bytes(h)
}

// object reads the members of a structure that begins at p.
func (d *cborDecoder) object(h head, n *node, p unsafe.Pointer) bool {
	if !d.enter() {
		return false
	}
	defer d.leave()
	next := 0
	for read := uint64(0); d.more(h, read); read++ {
		name, ok := d.name()
		if !ok {
			return false
		}
		at := n.find(text{raw: name}, next)
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
	return true
}

func (d *cborDecoder) list(h head, n *node, p unsafe.Pointer) bool {
	if !d.enter() {
		return false
	}
	defer d.leave()
	began := d.i
	l := newLister(n, p)
	for read := uint64(0); d.more(h, read); read++ {
		if l.len == 1 {
			// What fits in the rest, whatever the head says.
			l.expect((len(d.b) - d.i) / max(1, d.i-began))
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
	return true
}

// mapping reads a map; an entry whose value is null is absent.
func (d *cborDecoder) mapping(h head, n *node, p unsafe.Pointer) bool {
	if !d.enter() {
		return false
	}
	defer d.leave()
	m := newMapper(n, p)
	for read := uint64(0); d.more(h, read); read++ {
		name, ok := d.name()
		if !ok {
			return false
		}
		key := d.arena.text(text{raw: name})
		null := d.i < len(d.b) && (d.b[d.i] == cborSimple<<5|cborNull || d.b[d.i] == cborSimple<<5|cborUndefined)
		if !d.value(n.elem, m.room()) || !m.put(key, null) {
			return false
		}
	}
	return true
}
