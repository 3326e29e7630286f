package server

import (
	"context"
	"sync"

	"sluice/internal/caller"
	"sluice/internal/page"
)

// callContext is the context of a put that came by the lane: who calls, what its
// answer may borrow, and that it ends when the instance wants it to. The context
// package would make three contexts of this, seven pieces of memory; as a part of
// the exchange it costs none. The request's own context, which it stands on, does
// not end. Contexts that are made from it cost a goroutine, which puts do not do.
type callContext struct {
	context.Context
	who   caller.Caller
	lease *page.Lease

	mu   sync.Mutex
	done chan struct{} // guarded by mu; nil until somebody asks
	err  error         // guarded by mu
}

// callContext returns the context that an operation runs in.
func (x *exchange) callContext(who caller.Caller, op *operation) (context.Context, context.CancelFunc) {
	own := x.r.Context()
	if op == nil || !op.borrows || own.Done() != nil {
		return context.WithCancel(caller.With(own, who))
	}
	x.context.Context, x.context.who = own, who
	return &x.context, x.context.cancel
}

// Value implements context.Context.
func (c *callContext) Value(key any) any {
	switch {
	case caller.IsKey(key):
		return &c.who
	case page.IsKey(key):
		return c.lease
	}
	return c.Context.Value(key)
}

// Done implements context.Context.
func (c *callContext) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.err != nil {
			close(c.done)
		}
	}
	return c.done
}

// Err implements context.Context.
func (c *callContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *callContext) cancel() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = context.Canceled
	if c.done != nil {
		close(c.done)
	}
}
