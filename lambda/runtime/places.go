package runtime

import (
	"context"
	"errors"
	"sync/atomic"
)

// maxWaiting bounds the invocations that wait for a place of one function.
const maxWaiting = 100

// places are how many events a function takes at a time. Those beyond wait in
// a bounded queue, for as long as the function may run.
type places struct {
	free    chan struct{}
	waiting atomic.Int64
}

func newPlaces(n int) *places {
	return &places{free: make(chan struct{}, n)}
}

// take waits for a place; give must follow when it returns nil.
func (p *places) take(ctx context.Context, c *call) error {
	select {
	case p.free <- struct{}{}:
		return nil
	default:
	}
	if p.waiting.Add(1) > maxWaiting {
		p.waiting.Add(-1)
		return errThrottled()
	}
	defer p.waiting.Add(-1)
	waitCtx, cancel := context.WithTimeout(ctx, c.def.Timeout)
	defer cancel()
	select {
	case p.free <- struct{}{}:
		return nil
	case <-waitCtx.Done():
		if ctx.Err() == nil && errors.Is(waitCtx.Err(), context.DeadlineExceeded) {
			return errThrottled()
		}
		return ctx.Err()
	case <-c.life.Done():
		return ErrClosed
	}
}

func (p *places) give() { <-p.free }
