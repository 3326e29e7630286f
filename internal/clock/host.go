package clock

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// jump is how far the wall clock must be ahead before the host clock
	// follows it in one leap: a laptop that slept, or a clock set forward.
	jump = time.Second
	// nap bounds how long the host clock sleeps towards a distant call. The
	// machine's monotonic clock stands still during suspension, so a longer
	// sleep could miss a leap by as much.
	nap = time.Minute
)

// host is the machine's time. It advances with the monotonic clock, leaps
// forward with the wall clock, and ignores a wall clock that is set back.
type host struct {
	start time.Time // with its monotonic reading
	wall  time.Time // the same instant in UTC, without
	lead  atomic.Int64
	queue *queue
	wake  *time.Timer // guarded by queue.mu
}

// Host returns a clock that shows the machine's time. It never goes back,
// whatever happens to the machine's wall clock.
func Host() Clock {
	now := time.Now()
	h := &host{start: now, wall: now.Round(0).UTC()}
	h.queue = newQueue(h.Now, h.arm)
	return h
}

// Now implements Clock. It costs one reading of the machine's clock.
func (h *host) Now() time.Time {
	now := time.Now()
	lead := h.lead.Load()
	t := h.wall.Add(now.Sub(h.start) + time.Duration(lead))
	ahead := now.Round(0).Sub(t)
	if ahead <= jump {
		return t
	}
	// Somebody else may leap at the same moment; either leap will do.
	h.lead.CompareAndSwap(lead, lead+int64(ahead))
	return h.wall.Add(now.Sub(h.start) + time.Duration(h.lead.Load()))
}

// Sleep implements Clock.
func (h *host) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// At implements Clock.
func (h *host) At(t time.Time, f func()) Timer { return h.queue.at(t, f) }

func (h *host) arm(at time.Time) {
	d := min(at.Sub(h.Now()), nap)
	if h.wake == nil {
		h.wake = time.AfterFunc(d, h.queue.plan)
		return
	}
	h.wake.Reset(d)
}
