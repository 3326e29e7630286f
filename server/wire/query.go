package wire

import "bytes"

type queryCodec struct{}

func (queryCodec) Protocol() Protocol                                             { return Query }
func (queryCodec) DecodeInput(p *Plan, r *Request) (any, *Notes, error)           { return nil, nil, malformed() }
func (queryCodec) EncodeOutput(p *Plan, out any) (*Response, error)               { return nil, InternalFailure() }
func (queryCodec) EncodeFault(svc *Service, f *Fault, requestID string) *Response { return nil }
func writeXMLText(b *bytes.Buffer, s string)                                      {}
