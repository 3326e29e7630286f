package sluice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"sluice/lambda/runtime"
)

// RegisterFunction makes a Go function callable as a Lambda function: by
// Invoke, and by event source mappings. It runs in this process. handler is
//
//	func(ctx context.Context, event []byte) ([]byte, error)
//
// or any of the forms that the Go runtime of AWS takes, with E and R from and
// to JSON:
//
//	func(ctx context.Context, event E) (R, error)   func(event E) (R, error)
//	func(ctx context.Context, event E) error        func(event E) error
//	func(ctx context.Context) error                 func() error
//
// An error it returns is a function error, a panic is Runtime.Panic, and after
// 30 seconds its time is over: ctx ends. Mappings of the configuration that wait
// for it begin. It belongs to the server's account
// and region. Registering a name again replaces the function.
func (s *Sluice) RegisterFunction(name string, handler any) error {
	f, err := handlerOf(handler)
	if err != nil {
		return &UsageError{Setting: "handler", Problem: err.Error()}
	}
	k := runtime.Key{Account: s.config.Account, Region: s.config.Region, Name: name}
	err = s.functions.Register(Function{Key: k, Origin: runtime.FromGo, Go: f})
	if errors.Is(err, runtime.ErrClosed) {
		return ErrClosed
	}
	if err == nil {
		s.seedMappingsOf(context.Background(), k)
	}
	return err
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
	bytesType   = reflect.TypeFor[[]byte]()
)

// handlerOf brings a handler into the form that takes and gives bytes.
func handlerOf(handler any) (runtime.Handler, error) {
	switch f := handler.(type) {
	case runtime.Handler:
		return f, nil
	case func(context.Context, []byte) ([]byte, error):
		return f, nil
	}
	v := reflect.ValueOf(handler)
	if v.Kind() != reflect.Func || v.IsNil() {
		return nil, fmt.Errorf("%T is not a function", handler)
	}
	t := v.Type()
	withContext := t.NumIn() > 0 && t.In(0).Implements(contextType)
	events := t.NumIn()
	if withContext {
		events--
	}
	switch {
	case t.IsVariadic() || events > 1:
		return nil, fmt.Errorf("%s takes more than a context and an event", t)
	case t.NumOut() > 2 || t.NumOut() > 0 && !t.Out(t.NumOut()-1).Implements(errorType):
		return nil, fmt.Errorf("%s does not return an error last, with at most one result before it", t)
	}
	return func(ctx context.Context, event []byte) ([]byte, error) {
		var in []reflect.Value
		if withContext {
			in = append(in, reflect.ValueOf(ctx))
		}
		if events > 0 {
			e, err := eventOf(event, t.In(t.NumIn()-1))
			if err != nil {
				return nil, err
			}
			in = append(in, e)
		}
		return answerOf(v.Call(in))
	}, nil
}

func eventOf(event []byte, t reflect.Type) (reflect.Value, error) {
	if t == bytesType {
		return reflect.ValueOf(event), nil
	}
	e := reflect.New(t)
	if err := json.Unmarshal(event, e.Interface()); err != nil {
		return reflect.Value{}, fmt.Errorf("the event is not what the function takes: %w", err)
	}
	return e.Elem(), nil
}

func answerOf(out []reflect.Value) ([]byte, error) {
	if len(out) == 0 {
		return nil, nil
	}
	if err, _ := out[len(out)-1].Interface().(error); err != nil {
		return nil, err
	}
	if len(out) == 1 {
		return nil, nil
	}
	if out[0].Type() == bytesType {
		return out[0].Bytes(), nil
	}
	return json.Marshal(out[0].Interface())
}
