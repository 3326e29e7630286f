package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"sluice/server/wire"
)

// serveTarget answers the JSON 1.x and CBOR 1.1 protocols. The order of its
// checks is the service's own; clients' mistakes get the answer they get there.
func (x *exchange) serveTarget(ctx context.Context, m *Mounts, rt route, body []byte) {
	if rt.op == nil {
		x.event.Resource = asked(x.r, x.scope.service)
	}
	if x.r.Method != http.MethodPost {
		x.refuseUnnamed()
		return
	}
	kind := mediaType(x.r)
	codec, known := targetCodec(kind, rt.service, m)
	model := modelOf(rt.service)
	if len(body) == 0 {
		if !known {
			codec = wire.CodecFor(wire.CBOR11)
		}
		x.fail(codec, model, emptyBodyFault(rt.op))
		return
	}
	if !known {
		x.refuseType(kind, rt, body)
		return
	}
	if rt.op == nil {
		f := wire.CheckBody(codec.Protocol(), body)
		if f == nil {
			f = rt.service.unknownOperation(http.StatusBadRequest)
		}
		x.fail(codec, model, f)
		return
	}
	request := &wire.Request{Header: x.r.Header, Body: body}
	x.perform(ctx, attempt{service: rt.service, op: rt.op, codec: codec, request: request})
}

// askedLongest bounds what is kept of a request that nothing here answers.
const askedLongest = 128

// asked says what a request that nothing here answers was for, so that the list
// of calls shows whose it was: a client of another service, most of the time.
func asked(r *http.Request, signedFor string) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return askedBriefly(target)
	}
	return askedOf(signedFor, r.Method+" "+r.URL.Path)
}

// askedOf names the service too, where the request is signed for one.
func askedOf(signedFor, what string) string {
	if signedFor != "" {
		what = signedFor + ": " + what
	}
	return askedBriefly(what)
}

func askedBriefly(what string) string {
	return strings.ToValidUTF8(what[:min(len(what), askedLongest)], "")
}

// targetCodec chooses by content type among what the service speaks, or what
// any mounted service speaks as long as none is named.
func targetCodec(kind string, s *service, m *Mounts) (wire.Codec, bool) {
	var p wire.Protocol
	switch kind {
	case json11Type:
		p = wire.JSON11
	case json10Type:
		p = wire.JSON10
	case cbor11Type:
		p = wire.CBOR11
	default:
		return nil, false
	}
	if s != nil {
		return wire.CodecFor(p), s.speaks(p)
	}
	for _, other := range m.order {
		if other.speaks(p) {
			return wire.CodecFor(p), true
		}
	}
	return nil, false
}

// refuseType answers bodies of a type that no operation is served in.
func (x *exchange) refuseType(kind string, rt route, body []byte) {
	switch {
	case kind == plainJSON:
		x.refuseHalfKnown(body)
	case rt.name == "":
		x.refuseUnnamed()
	default:
		x.replyXML(http.StatusNotFound, "UnknownOperationException", "")
	}
}

// refuseHalfKnown answers application/json: the service parses the body and
// then does not know what to do with it.
func (x *exchange) refuseHalfKnown(body []byte) {
	status, code := http.StatusNotFound, "UnknownOperationException"
	if first := bytes.TrimLeft(body, " \t\r\n"); !json.Valid(body) || first[0] != '{' && first[0] != '[' {
		status, code = http.StatusBadRequest, "SerializationException"
	}
	x.event.Error = code
	x.reply(status, http.Header{"Content-Type": {plainJSON}},
		[]byte(`{"Output":{"__type":"com.amazon.coral.service#`+code+`"},"Version":"1.0"}`))
}

func emptyBodyFault(op *operation) *wire.Fault {
	if op == nil {
		return unknownOperation(http.StatusBadRequest)
	}
	return &wire.Fault{Code: "SerializationException", Status: http.StatusBadRequest, Sender: true, NoMessage: true}
}

func unknownOperation(status int) *wire.Fault {
	return &wire.Fault{Code: "UnknownOperationException", Status: status, Sender: true, NoMessage: true}
}

// unknownOperation says more where only a part of a service is here.
func (s *service) unknownOperation(status int) *wire.Fault {
	f := unknownOperation(status)
	if s != nil && s.unknown != "" {
		f.Message, f.NoMessage = s.unknown, false
	}
	return f
}

func modelOf(s *service) *wire.Service {
	if s == nil {
		return nil
	}
	return s.Service
}

// serveRPC answers Smithy RPC v2 with CBOR.
func (x *exchange) serveRPC(ctx context.Context, rt route, body []byte) {
	if x.r.Header.Get("Smithy-Protocol") != string(wire.RPCv2CBOR) {
		x.refuseUnnamed()
		return
	}
	codec := wire.CodecFor(wire.RPCv2CBOR)
	if rt.op == nil || !rt.service.speaks(wire.RPCv2CBOR) {
		x.fail(codec, modelOf(rt.service), rt.service.unknownOperation(http.StatusNotFound))
		return
	}
	request := &wire.Request{Header: x.r.Header, Body: body}
	x.perform(ctx, attempt{service: rt.service, op: rt.op, codec: codec, request: request})
}

// serveREST answers restJson1.
func (x *exchange) serveREST(ctx context.Context, rt route, body []byte) {
	codec := wire.CodecFor(wire.RestJSON1)
	if rt.op == nil {
		x.fail(codec, modelOf(rt.service), rt.service.unknownOperation(http.StatusNotFound))
		return
	}
	request := &wire.Request{Header: x.r.Header, Path: rt.path, Query: x.r.URL.Query(), Body: body}
	x.perform(ctx, attempt{service: rt.service, op: rt.op, codec: codec, request: request})
}

// serveQuery answers awsQuery: the operation is the parameter Action, in the
// form body or, as presigned calls have it, in the query string.
func (x *exchange) serveQuery(ctx context.Context, m *Mounts, rt route, body []byte) {
	query := x.r.URL.Query()
	action, version := query.Get("Action"), query.Get("Version")
	if form, err := url.ParseQuery(string(body)); err == nil && form.Has("Action") {
		action, version = form.Get("Action"), form.Get("Version")
	}
	s := rt.service
	if s == nil {
		s = m.byAction(action)
	}
	if s == nil && action == "" {
		x.refuseUnnamed()
		return
	}
	rt.service, rt.op = s, s.operation(action)
	x.name(&rt)
	codec := wire.CodecFor(wire.Query)
	if rt.op == nil {
		x.event.Resource = askedOf(x.scope.service, action)
		text := fmt.Sprintf("Could not find operation %s for version %s", action, version)
		x.fail(codec, modelOf(s), clientFault("InvalidAction", http.StatusBadRequest, text))
		return
	}
	request := &wire.Request{Header: x.r.Header, Query: query, Body: body}
	x.perform(ctx, attempt{service: s, op: rt.op, codec: codec, request: request})
}

// byAction finds the query service that has an operation of this name.
func (m *Mounts) byAction(action string) *service {
	for _, s := range m.order {
		if s.speaks(wire.Query) && s.Operations[action] != nil {
			return s
		}
	}
	return nil
}
