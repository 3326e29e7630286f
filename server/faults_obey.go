package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sluice/server/fault"
)

// unharmed marks the context of calls that rules do not see.
type unharmed struct{}

// Unharmed returns a context for calls that Sluice makes for itself: fault
// rules neither see nor meet them.
func Unharmed(ctx context.Context) context.Context {
	return context.WithValue(ctx, unharmed{}, true)
}

// judge asks the fault rules about a call. It returns nil when nothing is to
// happen; without any rules, for the cost of one atomic load.
func (s *Server) judge(ctx context.Context, o *ordered, in any, inProcess bool) *fault.Verdict {
	if !s.faults.Any() {
		return nil
	}
	return s.judgeCall(ctx, s.callOf(ctx, o, in, inProcess))
}

func (s *Server) judgeCall(ctx context.Context, c *fault.Call) *fault.Verdict {
	if !s.faults.Any() || c.InProcess && ctx.Value(unharmed{}) != nil {
		return nil
	}
	return s.faults.Judge(c)
}

// faultHeader names the rules that struck, for whoever wonders. No client of
// the service looks at it.
const faultHeader = "X-Sluice-Fault"

// obey runs a call under a verdict.
func (x *exchange) obey(ctx context.Context, a attempt, in any, v *fault.Verdict) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	x.prepare(ctx, v)
	if x.s.pause(ctx, x.ending, v.Latency) != nil {
		x.breakOff() // the client has gone
	}
	if v.ResetBefore {
		x.reset()
	}
	out, err := a.op.enact(ctx, in, v, func(in any) (any, error) { return x.run(ctx, a.op, in) })
	stream, isStream := out.(events)
	if isStream && v.EndSubscription != nil && v.EndSubscription.Events == 0 {
		cancel() // the room ends it at once
	}
	if v.ResetAfter {
		if isStream {
			cancel()
			stream.forgo()
		}
		x.reset()
	}
	x.conclude(ctx, a, out, err)
}

// prepare notes what is to happen to the answer.
func (x *exchange) prepare(ctx context.Context, v *fault.Verdict) {
	x.event.Fault = strings.Join(v.Fired, ",")
	x.w.Header()[faultHeader] = []string{x.event.Fault}
	x.manner = mannerOf(ctx, v)
}

// pause holds a call back in host time. An instance that closes does not wait
// for that: its calls go on at once. The error is that of ctx.
func (s *Server) pause(ctx, ending context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	short, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ending, cancel)()
	_ = s.cfg.Host.Sleep(short, d) // cut short by either
	return ctx.Err()
}

// forgo lets a stream end that nobody reads. Its context is over already.
func (e events) forgo() {
	for range e.all() {
		return
	}
}

// manner is how an answer travels when rules have a say in it.
type manner struct {
	ctx      context.Context
	truncate bool
	rate     int64      // bytes a second, 0 for all at once
	end      *fault.End // of a stream
	sent     int64      // events of it
	rules    []string   // that met the call
}

func mannerOf(ctx context.Context, v *fault.Verdict) *manner {
	return &manner{ctx: ctx, truncate: v.Truncate, rate: v.BytesPerSecond, end: v.EndSubscription, rules: v.Fired}
}

// errCut ends a stream on order.
var errCut = errors.New("ended by a fault rule")

// over tells whether a stream has had the events it may have.
func (m *manner) over() bool { return m.end != nil && m.sent >= m.end.Events }

// cutStream breaks a stream off where a rule says so. It returns when the end
// is to look like any other.
func (x *exchange) cutStream() {
	switch m := x.manner; {
	case m.truncate:
		x.breakOff()
	case m.over() && m.end.How == fault.Reset:
		x.reset()
	}
}

// deliver writes a whole answer whose head is not out yet.
func (x *exchange) deliver(status int, body []byte) {
	whole := len(body)
	if x.manner.truncate {
		// An answer without a body loses the byte that its head announces.
		x.w.Header()["Content-Length"] = []string{strconv.Itoa(max(1, whole))}
		body = body[:whole/2]
		x.event.BytesOut -= int64(whole - len(body))
	}
	x.w.WriteHeader(status)
	_, _ = x.send(body)
	if x.manner.truncate {
		x.breakOff()
	}
}

// send writes as fast as the answer may travel.
func (x *exchange) send(p []byte) (n int, err error) {
	if x.manner == nil {
		return x.w.Write(p)
	}
	return x.pace(x.w, p)
}

func (x *exchange) pace(w http.ResponseWriter, p []byte) (n int, err error) {
	if x.manner.rate == 0 {
		return w.Write(p)
	}
	// Twenty pieces a second look like a slow line.
	const pieces = 20
	rate := x.manner.rate
	size := int(min(max(1, rate/pieces), 1<<20))
	control := http.NewResponseController(w)
	for n < len(p) {
		piece := p[n:min(len(p), n+size)]
		if err := x.s.pause(x.manner.ctx, x.ending, time.Duration(len(piece))*time.Second/time.Duration(rate)); err != nil {
			return n, err
		}
		m, err := w.Write(piece)
		if n += m; err != nil {
			return n, err
		}
		if err := control.Flush(); err != nil {
			return n, err
		}
	}
	return n, nil
}

const (
	connectionReset = "ConnectionReset"
	answerCut       = "AnswerCut"
)

// breakOff ends the answer where it is: HTTP/1.1 closes the connection, HTTP/2
// resets the stream.
func (x *exchange) breakOff() {
	x.unfollow()
	if x.wrote {
		_ = http.NewResponseController(x.w).Flush()
	}
	x.event.Error = answerCut
	panic(http.ErrAbortHandler)
}

// reset breaks the connection like a peer that has crashed: with a TCP reset,
// or in HTTP/2, where others share the connection, one of the stream.
func (x *exchange) reset() {
	x.unfollow()
	x.event.Error = connectionReset
	if c, ok := x.r.Context().Value(connKey{}).(*conn); ok && x.r.ProtoMajor == 1 {
		c.reset()
	}
	panic(http.ErrAbortHandler)
}

// connKey is where the context of a request has its connection.
type connKey struct{}

// withConn keeps the connection in the context of its requests.
func withConn(ctx context.Context, c net.Conn) context.Context {
	for {
		switch own := c.(type) {
		case *conn:
			return context.WithValue(ctx, connKey{}, own)
		case unnegotiated:
			c = own.Conn
		case *tls.Conn:
			c = own.NetConn()
		default:
			return ctx
		}
	}
}

// reset closes the connection without the usual goodbye.
func (c *conn) reset() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}
