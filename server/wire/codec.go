package wire

import (
	"bytes"
	"net/http"
	"net/url"
)

// Request is what a codec needs of an HTTP request.
type Request struct {
	Header http.Header
	// Path holds the labels of Operation.Path, percent-decoded once.
	Path map[string]string
	// Query is the parsed query string.
	Query url.Values
	// Body is the whole body, already free of content encodings. Decoded shapes
	// never alias it, so it may be reused once DecodeInput returns.
	Body []byte
	// Blobs is memory for the blobs of the input, nil for memory of their own.
	// The input is valid as long as it is not used for anything else.
	Blobs []byte
	// Memory is what the inputs of PutRecord and PutRecords can be read into, nil
	// for memory of their own. The input is valid until it is used again.
	Memory *PutMemory
}

// Response is an answer without its connection.
type Response struct {
	Status int
	// Header holds Content-Type and what the protocol adds; request ids are the door's.
	Header http.Header
	// Body is nil when the answer is empty, large, or gathers.
	Body []byte
	// Room is memory that EncodeInto may use for Body, nil for none.
	Room []byte

	// length and large make the body of a large answer, length and gathered that
	// of one of middle size; see pieces.go.
	length   int
	large    *encoding
	gathered *encoding

	// idAt is where the request id belongs in the body, 0 for nowhere.
	idAt int
}

// SetRequestID writes the request id into bodies that carry one (awsQuery). It
// does nothing for other protocols and may always be called, at most once.
func (r *Response) SetRequestID(id string) {
	if r.idAt == 0 {
		return
	}
	var b bytes.Buffer
	b.Grow(len(r.Body) + len(id))
	b.Write(r.Body[:r.idAt])
	writeXMLText(&b, id)
	b.Write(r.Body[r.idAt:])
	r.Body, r.idAt = b.Bytes(), 0
}

// Codec reads and writes one protocol. Codecs hold no state and are safe for
// concurrent use.
type Codec interface {
	// Protocol is the protocol spoken.
	Protocol() Protocol
	// DecodeInput reads the input of a call. The error is always a *Fault; one
	// with NoMessage set says that the body is not parsable at all, which the
	// service reports before it looks at the signature, and any other that a
	// member has the wrong type. Both passes see the whole body, so that a
	// grammar fault near its end wins over a wrong type before it.
	DecodeInput(p *Plan, r *Request) (in any, notes *Notes, err error)
	// EncodeOutput writes the answer of a call. out is *XOutput, or nil for an
	// empty one.
	EncodeOutput(p *Plan, out any) (*Response, error)
	// EncodeFault writes an error. svc may be nil when the service is unknown.
	EncodeFault(svc *Service, f *Fault, requestID string) *Response
}

// EncodeInto is c.EncodeOutput into a response that is there: one without anything
// but a Room.
func EncodeInto(r *Response, c Codec, p *Plan, out any) error {
	switch c := c.(type) {
	case jsonCodec:
		return c.encode(r, p, out)
	case cborCodec:
		return c.encode(r, p, out)
	}
	made, err := c.EncodeOutput(p, out)
	if err == nil {
		*r = *made
	}
	return err
}

// CodecFor returns the codec of a protocol, nil for an unknown one.
func CodecFor(p Protocol) Codec {
	switch p {
	case JSON10, JSON11:
		return jsonCodec{p}
	case CBOR11, RPCv2CBOR:
		return cborCodec{p}
	case RestJSON1:
		return restCodec{}
	case Query:
		return queryCodec{}
	}
	return nil
}

// CheckBody tells whether a body is well formed in a protocol, for requests
// whose operation is not known: nil, or the SerializationException without
// message that the service answers before anything else. An empty body is not
// well formed in JSON and CBOR.
func CheckBody(p Protocol, body []byte) *Fault {
	switch p {
	case JSON10, JSON11:
		return checkJSON(body)
	case CBOR11, RPCv2CBOR:
		return checkCBOR(body)
	}
	return nil
}

// Notes carries what a Go shape cannot hold: which enum members were present
// but empty. In-process calls have none and pass nil.
type Notes struct {
	// valid says that the input was checked while it was read.
	valid      bool
	emptyEnums map[string]struct{}
}

func (n *Notes) emptyEnum(path []step) bool {
	if n == nil || n.emptyEnums == nil {
		return false
	}
	_, ok := n.emptyEnums[pathText(path)]
	return ok
}

func (n *Notes) noteEmptyEnum(path string) {
	if n.emptyEnums == nil {
		n.emptyEnums = map[string]struct{}{}
	}
	// The bound keeps a list of a million empty enums from filling memory; no
	// more than ten failures are ever reported.
	if len(n.emptyEnums) < maxFailures {
		n.emptyEnums[path] = struct{}{}
	}
}
