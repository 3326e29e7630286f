package server

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"sync"
	"syscall"
	"time"

	"sluice/internal/caller"
	"sluice/server/fault"
)

// orders are what rules say of a stream that is running already. Whoever adds
// a rule leaves them here; the stream takes them before its next event, and is
// cut short in waiting for one where they do not bear that.
type orders struct {
	call  *fault.Call
	calls *fault.Following
	hurry func(broken bool)

	mu    sync.Mutex
	given []*fault.Verdict // guarded by mu
}

// follow has rules that come later meet a call that is answered by a stream.
// hurry ends the waiting of the stream; broken tells that nobody needs to
// write any more.
func (s *Server) follow(c *fault.Call, hurry func(broken bool)) *orders {
	o := &orders{call: c, hurry: hurry}
	o.calls = s.faults.Follow(c, o.take)
	return o
}

// take is told of a verdict while the rule is added.
func (o *orders) take(v *fault.Verdict) {
	o.mu.Lock()
	o.given = append(o.given, v)
	o.mu.Unlock()
	reset := v.ResetBefore || v.ResetAfter
	if end := v.EndSubscription; reset || end != nil && end.Events == 0 {
		o.hurry(reset || end.How == fault.Reset)
	}
}

// heed changes how a stream travels by what was ordered of it, and returns the
// rules that did so and for how long they hold it back.
func (o *orders) heed(m *manner) (rules []string, wait time.Duration) {
	o.mu.Lock()
	given := o.given
	o.given = nil
	o.mu.Unlock()
	for _, v := range given {
		rules = append(rules, v.Fired...)
		wait += v.Latency
		m.truncate = m.truncate || v.Truncate
		if v.BytesPerSecond > 0 && (m.rate == 0 || v.BytesPerSecond < m.rate) {
			m.rate = v.BytesPerSecond
		}
		end := v.EndSubscription
		if v.ResetBefore || v.ResetAfter {
			end = &fault.End{How: fault.Reset}
		}
		if end != nil && (m.end == nil || m.sent+end.Events < m.end.Events) {
			m.end = &fault.End{How: end.How, Events: m.sent + end.Events}
		}
	}
	return rules, wait
}

// follow makes the stream that answers a call one that later rules meet.
func (x *exchange) follow(ctx context.Context, op *operation, in any) (context.Context, context.CancelFunc) {
	if !op.Stream {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	control := http.NewResponseController(x.w)
	x.orders = x.s.follow(x.s.callOf(ctx, &op.known, in, false), func(broken bool) {
		cancel()
		if broken {
			_ = control.SetWriteDeadline(time.Unix(1, 0)) // a client that does not read is no hindrance
		}
	})
	return ctx, func() { x.unfollow(); cancel() }
}

// unfollow is for a stream that has ended.
func (x *exchange) unfollow() {
	if x.orders != nil {
		x.orders.calls.Stop()
	}
}

// judge asks the rules about a call.
func (x *exchange) judge(ctx context.Context, op *operation, in any) *fault.Verdict {
	if x.orders != nil {
		return x.s.judgeCall(ctx, x.orders.call)
	}
	return x.s.judge(ctx, &op.known, in, false)
}

// callOf is a call as fault rules look at it.
func (s *Server) callOf(ctx context.Context, o *ordered, in any, inProcess bool) *fault.Call {
	who, _ := caller.From(ctx)
	return &fault.Call{
		Target: &o.Target, Account: who.Account, Region: who.Region, InProcess: inProcess,
		Subject: func() fault.Subject {
			if in == nil {
				return fault.Subject{}
			}
			return o.subject(ctx, in)
		},
	}
}

// heed has a stream obey what was ordered since its last event.
func (x *exchange) heed(ctx context.Context) {
	if x.manner == nil {
		x.manner = &manner{ctx: ctx}
	}
	rules, wait := x.orders.heed(x.manner)
	for _, rule := range rules {
		if x.event.Fault != "" {
			x.event.Fault += ","
		}
		x.event.Fault += rule
	}
	_ = x.s.pause(ctx, x.ending, wait) // a client that has gone is noticed by the next write
}

// heeding is a stream in process that obeys rules: those that met its call and
// those that come while it runs. cancel ends its context.
func (s *Server) heeding(e events, m *manner, o *orders, ending context.Context, cancel context.CancelFunc) events {
	seq := e.raw.Type()
	return events{reflect.MakeFunc(seq, func(args []reflect.Value) []reflect.Value {
		defer cancel()
		defer o.calls.Stop() // a rule that is added once the reader has left is not for it
		yield := args[0]
		wanted := true // by the reader
		if m.over() {
			cancel()
		}
		var struck []string
		heed := func() {
			rules, wait := o.heed(m)
			struck = append(struck, rules...)
			_ = s.pause(m.ctx, ending, wait)
		}
		each := reflect.MakeFunc(yield.Type(), func(event []reflect.Value) []reflect.Value {
			if heed(); !m.truncate && !m.over() {
				wanted = yield.Call(event)[0].Bool()
				m.sent++
			}
			return []reflect.Value{reflect.ValueOf(wanted && !m.truncate && !m.over())}
		})
		e.raw.Call([]reflect.Value{each})
		heed()
		if err := m.broken(); wanted && err != nil {
			why := error(&brokenCall{append(m.rules, struck...), err})
			yield.Call([]reflect.Value{reflect.Zero(yield.Type().In(0)), reflect.ValueOf(&why).Elem()})
		}
		return nil
	})}
}

// broken is what the reader of a stream in process gets at an end that is none.
func (m *manner) broken() error {
	switch {
	case m.truncate:
		return io.ErrUnexpectedEOF
	case m.over() && m.end.How == fault.Reset:
		return syscall.ECONNRESET
	}
	return nil
}
