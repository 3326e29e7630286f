package server

import (
	"context"
	"net/http"
	"time"

	"sluice/internal/page"
	"sluice/server/wire"
)

// Large answers, of GetRecords above all. The room lets its answer point into
// the pages of the store and says before it reads how much that may be; the
// door encodes straight from there, through one small buffer. So an answer of
// 14 MB costs the page it was read from, which counts in the memory budget
// until the last piece is with the kernel. What was given up to keep it so
// short: the answer is not known as a whole before its head is sent.

// lend returns a context whose answers may borrow memory until the exchange
// ends, or for a stream until the event has been sent.
func (x *exchange) lend(ctx context.Context, op *operation) context.Context {
	if !op.Stream {
		x.lease.Share = x
	}
	if ctx == &x.context {
		x.context.lease = &x.lease
		return ctx
	}
	return page.With(ctx, &x.lease)
}

// Resize implements page.Share. The share of the request's body is given up
// for it, since waiting for more while holding some could last for ever; what
// was decoded of it is small where answers are large.
func (x *exchange) Resize(ctx context.Context, n int64) error {
	n = min(n, x.s.budget.most())
	if n <= x.share {
		x.giveShares(n)
		return nil
	}
	x.giveShares(0)
	if err := x.s.budget.claim(ctx, x.account(), n); err != nil {
		return errNoMemory
	}
	x.shares, x.share = append(x.shares, n), n
	return nil
}

// answer writes an output that was encoded, or is to be.
func (x *exchange) answer(ctx context.Context, r *wire.Response) {
	if !r.Large() || x.manner != nil {
		x.reply(r.Status, r.Header, r.Whole())
		return
	}
	x.head(r.Status, r.Header, r.Length())
	x.w.WriteHeader(r.Status)
	if c, ok := x.r.Context().Value(connKey{}).(*conn); ok {
		c.hasten()
	}
	room := x.s.buffers.get(wire.PieceRoom)
	to := &answering{x: x, ctx: ctx, control: http.NewResponseController(x.w)}
	if err := r.WritePieces(to, *room); err != nil {
		// HTTP/2 may still be looking at the buffer, so it is not used again.
		x.log("an answer was given up by its client", err)
		return
	}
	to.lift()
	x.s.buffers.put(room)
}

// answering writes the pieces of a large answer. A client that takes nothing
// for as long as one may take for a body loses its connection, because it
// holds memory that others wait for.
type answering struct {
	x       *exchange
	ctx     context.Context
	control *http.ResponseController
	until   time.Time // the deadline that was set
}

// Write implements io.Writer. The deadline is moved on only once in a while: a
// client that takes nothing may go a little early.
func (a *answering) Write(p []byte) (int, error) {
	now, patience := a.x.s.cfg.Host.Now(), a.x.s.cfg.BodyTimeout
	if a.until.Sub(now) < patience*7/8 && a.ctx.Err() == nil { // else the deadline is that of closing
		a.until = now.Add(patience)
		_ = a.control.SetWriteDeadline(a.until)
	}
	n, err := a.x.w.Write(p)
	a.x.event.BytesOut += int64(n)
	return n, err
}

// lift takes the deadline back, for the connection has further answers.
func (a *answering) lift() {
	if a.ctx.Err() == nil {
		_ = a.control.SetWriteDeadline(time.Time{})
	}
}
