package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/clock"
)

// gate holds the instance that is served right now. Requests that come while
// there is none wait for the next.
type gate struct {
	current atomic.Pointer[Mounts]
	turn    sync.Mutex // one replacement at a time

	mu      sync.Mutex
	changed chan struct{} // guarded by mu; closed and renewed when current is set
	shut    bool          // guarded by mu; there will be no next instance
}

// errNoInstance is what a request sees that waited in vain. Clients get the
// internal failure of their service, which SDKs retry.
var errNoInstance = errors.New("no instance came up in time")

func (g *gate) init() { g.changed = make(chan struct{}) }

func (g *gate) set(m *Mounts) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.current.Store(m)
	if m != nil {
		close(g.changed)
		g.changed = make(chan struct{})
	}
}

// close tells those who wait that there will be no next instance.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
	close(g.changed)
	g.changed = make(chan struct{})
}

// get returns the instance, waiting for one if need be.
func (g *gate) get(ctx context.Context, patience time.Duration) (*Mounts, error) {
	if m := g.current.Load(); m != nil {
		return m, nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		g.mu.Lock()
		changed, m, shut := g.changed, g.current.Load(), g.shut
		g.mu.Unlock()
		if m != nil {
			return m, nil
		}
		if shut {
			return nil, errNoInstance
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, errNoInstance
		}
	}
}

// call is one running call of an instance.
type call struct {
	cancel context.CancelFunc
	// w is where the answer goes, nil for an in-process call.
	w          http.ResponseWriter
	stream     bool
	prev, next *call
}

// unblock makes a write end that nobody reads.
func (k *call) unblock() {
	if k.w != nil {
		_ = http.NewResponseController(k.w).SetWriteDeadline(time.Unix(1, 0))
	}
}

// calls are the running calls of an instance, in a ring around root.
type calls struct {
	mu      sync.Mutex
	root    call          // guarded by mu, as all links are
	running int           // guarded by mu
	streams int           // guarded by mu
	closed  bool          // guarded by mu
	drained chan struct{} // closed when closed and nothing runs
}

func (c *calls) init() {
	c.root.prev, c.root.next = &c.root, &c.root
	c.drained = make(chan struct{})
}

// enter counts a call in. It reports false when the instance is closing.
func (c *calls) enter(k *call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	k.prev, k.next = c.root.prev, &c.root
	k.prev.next, c.root.prev = k, k
	c.running++
	if k.stream {
		c.streams++
	}
	return true
}

func (c *calls) leave(k *call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k.prev.next, k.next.prev = k.next, k.prev
	c.running--
	if k.stream {
		c.streams--
	}
	if c.closed && c.running == 0 {
		close(c.drained)
	}
}

func (c *calls) count() (running, streams int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running, c.streams
}

// close refuses new calls and cancels the streams, which end cleanly.
func (c *calls) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	if c.running == 0 {
		close(c.drained)
	}
	c.eachLocked(func(k *call) {
		if k.stream {
			k.cancel()
		}
	})
}

func (c *calls) each(f func(*call)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.eachLocked(f)
}

func (c *calls) eachLocked(f func(*call)) {
	for k := c.root.next; k != &c.root; k = k.next {
		f(k)
	}
}

// drain closes the instance and waits until its calls have ended: up to grace
// on their own, a moment after they were cancelled, and a moment after their
// connections were broken off. grace is host time.
func (m *Mounts) drain(ctx context.Context, host clock.Clock, grace time.Duration) error {
	const moment = 400 * time.Millisecond
	m.end()
	m.calls.close()
	if m.calls.await(ctx, host, grace) {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	m.calls.each(func(k *call) { k.cancel() })
	if m.calls.await(ctx, host, moment) {
		return nil
	}
	m.calls.each((*call).unblock)
	if m.calls.await(ctx, host, moment) {
		return nil
	}
	running, _ := m.calls.count()
	return fmt.Errorf("%d calls did not end although they were cancelled", running)
}

func (c *calls) await(ctx context.Context, host clock.Clock, d time.Duration) bool {
	late := make(chan struct{})
	timer := host.At(host.Now().Add(d), func() { close(late) })
	defer timer.Stop()
	select {
	case <-c.drained:
		return true
	case <-late:
	case <-ctx.Done():
	}
	// On a machine that stood still both may be so, and the calls have ended.
	select {
	case <-c.drained:
		return true
	default:
		return false
	}
}
