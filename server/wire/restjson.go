package wire

type restCodec struct{}

func (restCodec) Protocol() Protocol                                             { return RestJSON1 }
func (restCodec) DecodeInput(p *Plan, r *Request) (any, *Notes, error)           { return nil, nil, malformed() }
func (restCodec) EncodeOutput(p *Plan, out any) (*Response, error)               { return nil, InternalFailure() }
func (restCodec) EncodeFault(svc *Service, f *Fault, requestID string) *Response { return nil }
