package shards

import (
	"sync"
	"time"

	"sluice/internal/clock"
)

// Fan-out is paced, not refused: each consumer has 2 MiB a second of every
// shard to itself, in service time.
const (
	pushedBytes = 2 << 20
	// pushedLeast is what must have come together before a subscription that
	// was slowed down goes on, so that it sends fewer and larger events.
	pushedLeast = 128 << 10
)

// pace is the allowance of one consumer at one shard. A subscription that
// takes over inherits it.
type pace struct {
	mu    sync.Mutex
	calls bucket // SubscribeToShard
	out   bucket
}

// room returns how many bytes may be sent now, and if there are none, when to
// ask again.
func (p *pace) room(now time.Time, price int64) (size int, again time.Time) {
	if price == 0 {
		return eventBytes, time.Time{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out.fill(now.UnixNano(), pushedBytes)
	least := min(cost(pushedLeast, price), pushedBytes*token)
	if short := least - p.out.parts; short > 0 {
		return 0, now.Add(time.Duration((short + pushedBytes - 1) / pushedBytes))
	}
	return int(max(1, min(p.out.parts/price, eventBytes))), time.Time{}
}

// sent takes an event out of the allowance. One record may be larger than it.
func (p *pace) sent(size int, price int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out.parts -= cost(size, price)
}

// called lets a SubscribeToShard call pass, or not.
func (p *pace) called(now time.Time, price int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls.fill(now.UnixNano(), subscribeCalls)
	if !p.calls.has(price, subscribeCalls) {
		return false
	}
	p.calls.parts -= price
	return true
}

// idle reports whether forgetting the pace changes nothing any more.
func (p *pace) idle(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls.fill(now.UnixNano(), subscribeCalls)
	p.out.fill(now.UnixNano(), pushedBytes)
	return p.calls.parts == subscribeCalls*token && p.out.parts == pushedBytes*token
}

// gong wakes a subscription at a moment of service time.
type gong struct {
	struck chan struct{}
	timer  clock.Timer // nil when none is set
}

// set has the gong struck at t, unless it is set already.
func (g *gong) set(c clock.Clock, t time.Time) {
	if g.timer != nil {
		return
	}
	g.timer = c.At(t, func() {
		select {
		case g.struck <- struct{}{}:
		default:
		}
	})
}

func (g *gong) stop() {
	if g.timer != nil {
		g.timer.Stop()
	}
}
