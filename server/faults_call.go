package server

import (
	"context"
	"fmt"
	"io"
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
	if op.Stream && ctx.Value(unharmed{}) == nil {
		return s.invokeStream(ctx, ending, op, in, e, run)
	}
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
	}
	return out, err
}

// invokeStream is for calls that are answered by a stream: rules meet them
// while it runs, too.
func (s *Server) invokeStream(ctx, ending context.Context, op *operation, in any, e *event, run func(ctx context.Context, in any) (any, error)) (any, error) {
	if f := op.plan.Validate(in, nil); f != nil {
		return nil, f
	}
	ctx, cancel := context.WithCancel(ctx)
	o := s.follow(s.callOf(ctx, &op.known, in, true), func(bool) { cancel() })
	context.AfterFunc(ctx, o.calls.Stop)
	v := s.judgeCall(ctx, o.call)
	if v == nil {
		v = new(fault.Verdict)
	}
	e.Fault = strings.Join(v.Fired, ",")
	out, err := s.obey(ctx, ending, op, in, v, run)
	if stream, ok := out.(events); ok {
		return s.heeding(stream, mannerOf(ctx, v), o, ending, cancel), err
	}
	cancel()
	return out, err
}
