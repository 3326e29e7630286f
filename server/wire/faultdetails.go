package wire

import (
	"errors"
	"reflect"

	"github.com/aws/smithy-go"
)

// detailsOf reads the members beside the text of an error of the SDK, where
// the model has any.
func detailsOf(op *Operation, err error) *encoding {
	var api smithy.APIError
	if op == nil || op.Service == nil || !errors.As(err, &api) {
		return nil
	}
	shape := op.Service.Faults[api.ErrorCode()]
	held := reflect.ValueOf(api)
	if shape == nil || shape.Details == nil || held.Kind() != reflect.Pointer || held.Elem().Kind() != reflect.Struct {
		return nil
	}
	n := shape.compile(held.Type().Elem())
	if n == nil {
		return nil
	}
	return &encoding{n: n, p: held.UnsafePointer()}
}

// compile makes the plan of the details in a Go type, nil when it lacks them.
func (f *FaultShape) compile(t reflect.Type) *node {
	if n, ok := f.compiled.Load(t); ok {
		return n.(*node)
	}
	c := compiler{seen: map[nodeKey]*node{}}
	n, err := c.node(f.Details, t, f.Name)
	if err != nil {
		n = nil
	}
	f.compiled.Store(t, n)
	return n
}

// writeDetails adds the members to an object that has others already.
func (f *Fault) writeDetails(w *jsonWriter) {
	if f.details == nil {
		return
	}
	inner := jsonWriter{}
	inner.value(f.details.n, f.details.p)
	if len(inner.b) > len("{}") {
		w.b = append(append(w.b, ','), inner.b[1:len(inner.b)-1]...)
	}
}

// typeOf is how an error is named in a body. JSON 1.0 says whose it is: of the
// service, or of the framework below it.
func (c jsonCodec) typeOf(svc *Service, code string) string {
	if c.protocol != JSON10 || svc == nil || svc.ShapePackage == "" {
		return code
	}
	switch {
	case svc.Faults[code] != nil:
		return svc.ShapePackage + "#" + code
	case code == codeValidation:
		return "com.amazon.coral.validate#" + code
	}
	return "com.amazon.coral.service#" + code
}
