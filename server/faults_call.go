package server

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"strings"
	"syscall"

	"sluice/server/fault"
)

// brokenCall is what an in-process caller gets where one over the network
// would see its connection break.
type brokenCall struct {
	rules []string
	err   error
}

// Error implements error.
func (b *brokenCall) Error() string {
	return fmt.Sprintf("fault rule %s: %v", strings.Join(b.rules, ", "), b.err)
}

// Unwrap returns the error that a connection would have given.
func (b *brokenCall) Unwrap() error { return b.err }

// invokeJudged runs an in-process call, as far as fault rules let it.
func (s *Server) invokeJudged(ctx, ending context.Context, op *operation, in any, e *event, run func(ctx context.Context, in any) (any, error)) (any, error) {
	if !s.faults.Any() {
		return run(ctx, in)
	}
	if f := op.plan.Validate(in, nil); f != nil {
		return nil, f
	}
	v := s.judge(ctx, &op.known, in, true)
	if v == nil {
		return run(ctx, in)
	}
	e.Fault = strings.Join(v.Fired, ",")
	return s.obey(ctx, ending, op, in, v, run)
}

// obey runs an in-process call under a verdict.
func (s *Server) obey(ctx, ending context.Context, op *operation, in any, v *fault.Verdict, run func(ctx context.Context, in any) (any, error)) (any, error) {
	if err := s.pause(ctx, ending, v.Latency); err != nil {
		return nil, err
	}
	reset := &brokenCall{v.Fired, syscall.ECONNRESET}
	if v.ResetBefore {
		return nil, reset
	}
	ctx, cancel := context.WithCancel(ctx)
	open := false // the result is a stream that goes on
	defer func() {
		if !open {
			cancel()
		}
	}()
	out, err := op.enact(ctx, in, v, func(in any) (any, error) { return run(ctx, in) })
	stream, isStream := out.(events)
	if isStream && (v.ResetAfter || v.Truncate) {
		cancel()
		stream.forgo()
	}
	switch {
	case v.ResetAfter:
		return nil, reset
	case v.Truncate:
		return nil, &brokenCall{v.Fired, io.ErrUnexpectedEOF}
	case isStream:
		open = true
		return stream.shortened(v, cancel), err
	}
	return out, err
}

// shortened is a stream that ends after some events. cancel ends its context.
func (e events) shortened(v *fault.Verdict, cancel context.CancelFunc) events {
	if v.EndSubscription == nil {
		return e
	}
	seq := e.raw.Type()
	short := reflect.MakeFunc(seq, func(args []reflect.Value) []reflect.Value {
		defer cancel()
		yield, left := args[0], v.EndSubscription.Events
		wanted := true // by the reader
		if left == 0 {
			cancel()
		}
		each := reflect.MakeFunc(yield.Type(), func(event []reflect.Value) []reflect.Value {
			if left > 0 {
				wanted = yield.Call(event)[0].Bool()
				left--
			}
			return []reflect.Value{reflect.ValueOf(wanted && left > 0)}
		})
		e.raw.Call([]reflect.Value{each})
		if wanted && left == 0 && v.EndSubscription.How == fault.Reset {
			err := error(&brokenCall{v.Fired, syscall.ECONNRESET})
			yield.Call([]reflect.Value{reflect.Zero(yield.Type().In(0)), reflect.ValueOf(&err).Elem()})
		}
		return nil
	})
	return events{short}
}
