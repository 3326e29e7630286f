package wire

type cborCodec struct{ protocol Protocol }

// Protocol returns which of the two it is.
func (c cborCodec) Protocol() Protocol { return c.protocol }
func (c cborCodec) DecodeInput(p *Plan, r *Request) (any, *Notes, error) {
	return nil, nil, malformed()
}
func (c cborCodec) EncodeOutput(p *Plan, out any) (*Response, error)               { return nil, InternalFailure() }
func (c cborCodec) EncodeFault(svc *Service, f *Fault, requestID string) *Response { return nil }
func checkCBOR(body []byte) *Fault                                                 { return nil }
