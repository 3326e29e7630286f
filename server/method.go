package server

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"

	"sluice/internal/coverage"
	"sluice/server/wire"
)

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

// takesInput tells whether a method is meant as an operation: it takes a
// context and a pointer to a struct called SomethingInput.
func takesInput(m reflect.Method) bool {
	t := m.Type // with the receiver at 0
	if t.NumIn() < 3 || t.In(1) != contextType || t.In(2).Kind() != reflect.Pointer {
		return false
	}
	name := t.In(2).Elem().Name()
	return len(name) > len("Input") && name[len(name)-len("Input"):] == "Input"
}

// bind checks a method against the model and makes its operation.
func (s *service) bind(m reflect.Method, room reflect.Value) (*operation, error) {
	model := s.Operations[m.Name]
	if model == nil {
		return nil, fmt.Errorf("the model of %s has no such operation", s.ID)
	}
	t := m.Type
	in := t.In(2).Elem()
	if in.Kind() != reflect.Struct || in.Name() != m.Name+"Input" {
		return nil, fmt.Errorf("takes a %s, not a %sInput", in.Name(), m.Name)
	}
	if t.NumIn() > 4 || t.NumIn() == 4 && !t.IsVariadic() {
		return nil, errors.New("takes more than a context, an input and options")
	}
	if t.NumOut() != 2 || t.Out(1) != errorType {
		return nil, errors.New("must return a result and an error")
	}
	out, err := resultType(model, t.Out(0))
	if err != nil {
		return nil, err
	}
	plan, err := wire.Compile(model, in, out)
	if err != nil {
		return nil, err
	}
	return &operation{
		Operation: model,
		plan:      plan,
		input:     t.In(2),
		call:      called(model, m, room),
		borrows:   wire.Borrows(model, room.Interface()),
		maxBody:   DefaultMaxBody,
		entry:     coverage.Entry{Operation: m.Name, State: Missing},
		resource:  resourceField(in),
		known:     orderedOf(model, room.Interface(), in, out),
	}, nil
}

// resultType checks the first result and returns what wire wants to know of
// it: the output struct, or the type of the events.
func resultType(model *wire.Operation, t reflect.Type) (reflect.Type, error) {
	if !model.Stream {
		if t.Kind() != reflect.Pointer || t.Elem().Name() != model.Name+"Output" {
			return nil, fmt.Errorf("returns %s, not a pointer to %sOutput", t, model.Name)
		}
		return t.Elem(), nil
	}
	// iter.Seq2[Event, error] is func(yield func(Event, error) bool).
	if t.Kind() != reflect.Func || !t.CanSeq2() || t.In(0).In(1) != errorType {
		return nil, fmt.Errorf("returns %s, not an iter.Seq2 over events and errors", t)
	}
	return t.In(0).In(0), nil
}

// events is an event stream with its type forgotten. raw is the iter.Seq2 that
// the room returned.
type events struct {
	raw reflect.Value
}

// all ranges over the events.
func (e events) all() iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for event, failure := range e.raw.Seq2() {
			err, _ := failure.Interface().(error)
			if !yield(event.Interface(), err) {
				return
			}
		}
	}
}

// errNoResult is what a call comes to that returned nothing at all.
var errNoResult = errors.New("the operation returned neither a result nor an error")

// called wraps a method into a closure without types: directly where wire knows
// the operation's types, else by reflection.
func called(model *wire.Operation, method reflect.Method, room reflect.Value) func(ctx context.Context, in any) (any, error) {
	direct := wire.Direct(model, room.Interface())
	if direct == nil {
		return callable(method, room, model.Stream)
	}
	return func(ctx context.Context, in any) (any, error) {
		out, err := direct(ctx, in)
		if out == nil && err == nil {
			err = errNoResult
		}
		return out, err
	}
}

// callable wraps a method, whose first argument is receiver, into a closure
// without types. This costs some 400 ns, a hundredth of a call over HTTP.
// Casting the function pointer would save that and be unsafe, so it is not
// done.
func callable(method reflect.Method, receiver reflect.Value, stream bool) func(ctx context.Context, in any) (any, error) {
	call := method.Func.Call
	args := []reflect.Value{receiver, {}, {}}
	if method.Type.IsVariadic() {
		// The options that clients take: always none.
		call = method.Func.CallSlice
		args = append(args, reflect.Zero(method.Type.In(3)))
	}
	return func(ctx context.Context, in any) (any, error) {
		var room [4]reflect.Value
		now := append(room[:0], args...)
		now[1] = reflect.ValueOf(&ctx).Elem() // of the parameter's own type, so that Call need not convert
		now[2] = reflect.ValueOf(in)
		out := call(now)
		if err, _ := out[1].Interface().(error); err != nil {
			return nil, err
		}
		if out[0].IsNil() {
			return nil, errNoResult
		}
		if stream {
			return events{out[0]}, nil
		}
		return out[0].Interface(), nil
	}
}

// resourceNames are the members that tell what a call is about, the most
// telling first.
var resourceNames = [...]string{
	"ConsumerARN", "StreamName", "StreamARN", "ResourceARN", "ResourceArn", "ChannelARN", "ChannelName",
	"UUID", "FunctionName", "EventSourceArn", "Resource", "DeliveryStreamName", "TableName", "RoleArn",
}

func resourceField(in reflect.Type) []int {
	for _, name := range resourceNames {
		f, ok := in.FieldByName(name)
		if ok && f.Type == reflect.TypeFor[*string]() {
			return f.Index
		}
	}
	return nil
}

// resourceOf reads what a call is about, shortened to what a log line can bear.
func (op *operation) resourceOf(in any) string {
	const longest = 256
	if op.resource == nil {
		return ""
	}
	name, _ := reflect.ValueOf(in).Elem().FieldByIndex(op.resource).Interface().(*string)
	if name == nil {
		return ""
	}
	return (*name)[:min(len(*name), longest)]
}
