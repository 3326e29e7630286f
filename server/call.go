package server

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"

	"sluice/internal/caller"
	"sluice/internal/page"
	"sluice/server/wire"
)

// ErrClosing is what in-process callers get from an instance that is being
// replaced.
var ErrClosing = errors.New("this instance is closing")

// Call calls an operation from within the process: the way of a request over
// the network without the bytes. The input is checked against the same
// constraints, the call is recorded, and in must not be changed nor the result
// written to, because nothing is copied. The caller comes from the context;
// without one the server's account and region are used.
//
// O is *XOutput, or iter.Seq2[Event, error] for an event stream, which ends
// when the instance closes. Errors are the service's own.
func Call[O any](ctx context.Context, m *Mounts, serviceID, operation string, in any) (O, error) {
	var none O
	out, err := m.invoke(ctx, serviceID, operation, in)
	if err != nil {
		return none, err
	}
	if stream, ok := out.(events); ok {
		out = stream.raw.Interface()
	}
	typed, ok := out.(O)
	if !ok {
		return none, fmt.Errorf("%s.%s returns %T, not %T", serviceID, operation, out, none)
	}
	return typed, nil
}

func (m *Mounts) invoke(ctx context.Context, serviceID, name string, in any) (out any, err error) {
	op := m.service(serviceID).operation(name)
	if op == nil {
		return nil, fmt.Errorf("%s.%s is not mounted", serviceID, name)
	}
	if reflect.TypeOf(in) != op.input || reflect.ValueOf(in).IsNil() {
		return nil, fmt.Errorf("%s.%s takes a %s, not a %T", serviceID, name, op.input, in)
	}
	if page.From(ctx) != nil {
		ctx = page.With(ctx, nil) // of the request that calls, whose end says nothing of this answer's
	}
	ctx, cancel := context.WithCancel(ctx)
	k := &call{cancel: cancel, stream: op.Stream}
	if !m.calls.enter(k) {
		cancel()
		return nil, ErrClosing
	}
	defer m.calls.leave(k)
	if op.Stream {
		// The stream outlives this call. It is not waited for, only ended.
		forget := context.AfterFunc(m.ending, cancel)
		context.AfterFunc(ctx, func() { forget() })
	} else {
		defer cancel()
	}
	s := m.home.Load()
	if s == nil {
		return op.guarded(ctx, in, nil)
	}
	return s.invoke(ctx, m.ending, op, in)
}

// invoke runs an in-process call and records it. ending ends when the instance
// begins to close.
func (s *Server) invoke(ctx, ending context.Context, op *operation, in any) (any, error) {
	who, ok := caller.From(ctx)
	if !ok {
		who = caller.Caller{Account: s.cfg.Account, Region: s.cfg.Region}
	}
	if who.RequestID == "" {
		who.RequestID = s.cfg.Dice.UUID().String()
	}
	who.Ask = inside{op}
	e := event{
		ID: who.RequestID, At: s.cfg.Host.Now(), Service: op.Service.ID, Operation: op.Name,
		Account: who.Account, Region: who.Region, Resource: op.resourceOf(in), Status: op.Status,
	}
	run := func(ctx context.Context, in any) (any, error) {
		return op.guarded(ctx, in, func(p any, stack []byte) {
			s.log.Error("a panic was caught", "request", who.RequestID, "service", op.Service.ID,
				"operation", op.Name, "panic", fmt.Sprint(p), "stack", string(stack))
		})
	}
	ctx = caller.With(ctx, who)
	out, err := s.invokeJudged(ctx, ending, op, in, &e, run)
	if err != nil {
		f, _ := wire.FaultOf(op.Operation, err)
		e.Status, e.Error = f.Status, f.Code
	}
	e.Duration = s.cfg.Host.Now().Sub(e.At)
	s.watch.record(&e)
	return out, err
}

// guarded validates and calls; a panic becomes the internal failure.
func (op *operation) guarded(ctx context.Context, in any, panicked func(p any, stack []byte)) (out any, err error) {
	if f := op.plan.Validate(in, nil); f != nil {
		return nil, f
	}
	defer func() {
		if p := recover(); p != nil {
			if panicked != nil {
				panicked(p, debug.Stack())
			}
			out, err = nil, wire.InternalFailure()
		}
	}()
	return op.call(ctx, in)
}
