package server

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/clock"
)

// tlsHandshake is the first byte of every TLS connection. No HTTP request can
// begin with it.
const tlsHandshake = 0x16

// entrance is a net.Listener over several. It hands out a connection once its
// first byte is there: as a *tls.Conn when a handshake was made that agreed on
// a protocol, else as it is, and net/http tells HTTP/2 from HTTP/1.1 by itself.
// A connection that says nothing costs a goroutine of 2 KiB and no buffers.
//
// The number of connections is bounded: by most, which leaves the process enough
// descriptors for its files. One more is closed at once, before it costs
// anything.
type entrance struct {
	inner    []net.Listener
	tls      *tls.Config
	host     clock.Clock
	patience time.Duration // for the first byte, and for clients that do not read
	haste    time.Duration // for a TLS handshake

	ready  chan net.Conn
	ctx    context.Context // ends with Close
	stop   context.CancelFunc
	work   sync.WaitGroup
	opened atomic.Int64 // connections ever
	open   atomic.Int64 // connections now
	most   int64        // connections at one time
	turned atomic.Int64 // connections turned away

	// lane serves a connection in the clear before net/http does and reports
	// whether that is to; nil when there is none.
	lane func(e *entrance, c *conn) (leaves bool)

	mu     sync.Mutex
	silent map[*conn]struct{} // guarded by mu: no first byte yet, or in the lane
	all    map[*conn]struct{} // guarded by mu: every open connection
}

// unlimited is a number of descriptors that nobody comes near.
const unlimited = 1 << 30

// spare is how many descriptors are left to the store and to what goes out: an
// eighth, and no more than 1024.
func spare(all int64) int64 { return min(all/8, 1024) }

func newEntrance(inner []net.Listener, config *tls.Config, c Config, lane func(*entrance, *conn) bool) *entrance {
	e := &entrance{
		lane: lane, inner: inner, tls: config, host: c.Host, patience: c.IdleTimeout, haste: c.HeaderTimeout, most: c.MaxConnections,
		ready: make(chan net.Conn), silent: map[*conn]struct{}{}, all: map[*conn]struct{}{},
	}
	e.ctx, e.stop = context.WithCancel(context.Background())
	for _, l := range inner {
		e.work.Go(func() { e.acceptFrom(l) })
	}
	e.work.Go(e.sweep)
	return e
}

// acceptFrom accepts until Close. Errors in between, such as a lack of
// descriptors, pass with time.
func (e *entrance) acceptFrom(l net.Listener) {
	const shortest, longest = 5 * time.Millisecond, time.Second
	pause := shortest
	for {
		c, err := l.Accept()
		if err == nil {
			pause = shortest
			e.admit(c)
			continue
		}
		if e.host.Sleep(e.ctx, pause) != nil {
			return
		}
		pause = min(2*pause, longest)
	}
}

func (e *entrance) admit(raw net.Conn) {
	if e.open.Load() >= e.most {
		e.turned.Add(1)
		_ = raw.Close()
		return
	}
	e.opened.Add(1)
	e.open.Add(1)
	c := &conn{Conn: raw}
	c.gone = func() { e.leave(c) }
	e.mu.Lock()
	if e.ctx.Err() != nil {
		e.mu.Unlock()
		_ = c.Close()
		return
	}
	defer e.mu.Unlock()
	e.silent[c], e.all[c] = struct{}{}, struct{}{}
	e.work.Go(func() { e.sniff(c) })
}

// leave counts a connection out.
func (e *entrance) leave(c *conn) {
	e.open.Add(-1)
	e.mu.Lock()
	delete(e.all, c)
	e.mu.Unlock()
}

func (e *entrance) sniff(c *conn) {
	_ = c.SetReadDeadline(e.host.Now().Add(e.patience))
	n, err := c.Conn.Read(c.first[:])
	if n == 0 || err != nil {
		e.forget(c)
		_ = c.Close()
		return
	}
	c.ahead = c.first[:]
	if e.lane != nil && c.first[0] == laneStart[0] && !e.lane(e, c) {
		e.forget(c)
		return
	}
	e.forget(c)
	var out net.Conn = c
	if c.first[0] == tlsHandshake && e.tls != nil {
		if out, err = e.secure(c); err != nil {
			_ = c.Close()
			return
		}
	}
	_ = c.SetDeadline(time.Time{})
	select {
	case e.ready <- out:
	case <-e.ctx.Done():
		_ = c.Close()
	}
}

// forget ends that Close looks after a connection. It reports false when
// Close has begun.
func (e *entrance) forget(c *conn) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.silent, c)
	return e.ctx.Err() == nil
}

// secure makes the TLS handshake. It is made here because net/http takes TLS without ALPN for HTTP/1.1, while the
// Netty client of the Java SDK offers no ALPN and begins with HTTP/2 all the
// same. Out of its sight, net/http tells the two apart as on the open port.
func (e *entrance) secure(c *conn) (net.Conn, error) {
	_ = c.SetDeadline(e.host.Now().Add(e.haste))
	s := tls.Server(c, e.tls)
	if err := s.HandshakeContext(e.ctx); err != nil {
		return nil, err
	}
	if s.ConnectionState().NegotiatedProtocol == "" {
		return unnegotiated{s}, nil
	}
	return s, nil
}

// unnegotiated hides that a connection is TLS: neither its type nor its methods
// tell of the handshake.
type unnegotiated struct{ net.Conn }

// CloseWrite passes on what conn.CloseWrite is for.
func (c unnegotiated) CloseWrite() error { return c.Conn.(*tls.Conn).CloseWrite() }

// Accept implements net.Listener.
func (e *entrance) Accept() (net.Conn, error) {
	select {
	case c := <-e.ready:
		return c, nil
	case <-e.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener. It ends the connections that have not been
// handed out, those with a request under way after drainGrace at the latest,
// and returns when no goroutine of the entrance is left.
func (e *entrance) Close() error {
	e.stop()
	closeAll(e.inner)
	for _, c := range e.unheard() {
		if !c.busy.Load() { // else it ends after the answer
			_ = c.Close()
		}
	}
	late := e.host.At(e.host.Now().Add(drainGrace), func() {
		for _, c := range e.unheard() {
			_ = c.Close() // its body does not come, or its answer is not read
		}
	})
	defer late.Stop()
	e.work.Wait()
	return nil
}

// unheard are the connections that have not been handed out.
func (e *entrance) unheard() []*conn {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Collect(maps.Keys(e.silent))
}

// Addr implements net.Listener.
func (e *entrance) Addr() net.Addr { return e.inner[0].Addr() }

// conn is a connection of which something has been read ahead.
type conn struct {
	net.Conn
	first  [1]byte
	ahead  []byte      // has not been handed out; owned by the reader
	busy   atomic.Bool // a request is under way in the lane
	closed atomic.Bool
	gone   func()
	hasty  atomic.Bool   // see hasten
	writes atomic.Uint64 // begun and ended; odd while one is under way
	seen   uint64        // guarded by the entrance's mu; writes when last looked at
}

// Read implements net.Conn. What was read ahead comes alone: waiting for more
// could block although there is something to read.
func (c *conn) Read(p []byte) (int, error) {
	if len(c.ahead) > 0 && len(p) > 0 {
		n := copy(p, c.ahead)
		if c.ahead = c.ahead[n:]; len(c.ahead) == 0 {
			c.ahead = nil
		}
		return n, nil
	}
	return c.Conn.Read(p)
}

// CloseWrite lets net/http end its side first, so that an early answer to a
// large body is read before the connection goes.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close implements net.Conn.
func (c *conn) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		c.gone()
	}
	return c.Conn.Close()
}
