package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"
)

// The fast lane.
//
// Of a small PutRecord more than half went to net/http: a goroutine per request
// that waits for the client to hang up, deadlines set and lifted, a request and
// two header maps made and thrown away. So a connection in the clear is first
// served here, by one goroutine that reads a request, runs it, writes the
// answer, and keeps its memory for the next. docs/decisions has the figures.
//
// The lane takes only what it is sure of: POST / in HTTP/1.1 for an operation
// named by X-Amz-Target that answers at once, with a length, with headers that
// come once each and are spelled without any freedom (see lanehead.go). The
// first request that is anything else, however legal, leaves the lane together
// with its connection: net/http is handed the very bytes that came, and what is
// odd or wrong is answered there as ever. Both ways lead to Server.ServeHTTP,
// so nothing above the parsing of a head knows of the lane.
//
// What it does not do: notice that a client hangs up while its request runs.
// Streams, which have to, are not served here.

// laneBuffer holds a head, and with it the body of a small request. A head that
// does not fit leaves the lane.
const laneBuffer = 4 << 10

// lane serves one connection.
type lane struct {
	s       *Server
	e       *entrance
	c       *conn
	buffer  []byte // what was read ahead is buffer[begin:end]
	begin   int
	end     int
	body    int64 // of the request under way, not read yet
	watched bool  // a deadline was set for it
	head    laneHead
	request *http.Request
	answer  laneAnswer
	waits   time.Time // until when an idle connection may wait, as set
}

// serveLane serves a connection as long as its requests fit the lane. It
// reports whether the connection is to be served on by net/http; it is closed
// otherwise.
func (s *Server) serveLane(e *entrance, c *conn) (leaves bool) {
	l := &lane{s: s, e: e, c: c, buffer: make([]byte, laneBuffer)}
	l.end = copy(l.buffer, c.ahead)
	c.ahead = nil
	ctx := context.WithValue(context.Background(), http.LocalAddrContextKey, c.LocalAddr())
	l.request = (&http.Request{
		Method: http.MethodPost, URL: &url.URL{Path: "/"}, RequestURI: "/", RemoteAddr: c.RemoteAddr().String(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: laneBody{l},
	}).WithContext(withConn(ctx, c))
	l.answer.lane = l
	for {
		switch n, err := l.readHead(); {
		case err != nil:
			_ = c.Close()
			return false
		case n == 0:
			c.ahead = append([]byte(nil), l.buffer[l.begin:l.end]...)
			return true
		default:
			l.begin += n
		}
		if !l.serve() || l.e.ctx.Err() != nil {
			_ = c.Close()
			return false
		}
	}
}

// readHead waits for a request and reads its head. It returns the length of
// the head, or 0 when the request does not belong here.
func (l *lane) readHead() (n int, err error) {
	l.c.busy.Store(false)
	if l.begin == l.end {
		l.begin, l.end = 0, 0
		if err := l.await(); err != nil {
			return 0, err
		}
	}
	hasty := false
	for {
		if n := bytes.Index(l.buffer[l.begin:l.end], []byte("\r\n\r\n")); n >= 0 {
			if hasty {
				l.waits = time.Time{}
			}
			if !l.fits(l.buffer[l.begin : l.begin+n+4]) {
				return 0, l.lift()
			}
			if l.c.busy.Store(true); l.e.ctx.Err() != nil {
				return 0, errLaneClosed
			}
			return n + 4, nil
		}
		if l.begin > 0 {
			l.end = copy(l.buffer, l.buffer[l.begin:l.end])
			l.begin = 0
		}
		if l.end == len(l.buffer) || !bytes.HasPrefix(laneStart, l.buffer[:min(l.end, len(laneStart))]) && !bytes.HasPrefix(l.buffer[:l.end], laneStart) {
			return 0, l.lift()
		}
		if !hasty {
			hasty = true
			_ = l.c.SetReadDeadline(l.s.cfg.Host.Now().Add(l.s.cfg.HeaderTimeout))
		}
		if err := l.fill(); err != nil {
			return 0, err
		}
	}
}

var errLaneClosed = errors.New("the server is closing")

// await waits for the first bytes of the next request. The deadline is moved
// on only once in a while: a silent connection may go a little early.
func (l *lane) await() error {
	now := l.s.cfg.Host.Now()
	if l.waits.Sub(now) < l.s.cfg.IdleTimeout*7/8 {
		l.waits = now.Add(l.s.cfg.IdleTimeout)
		_ = l.c.SetReadDeadline(l.waits)
	}
	return l.fill()
}

// lift takes the deadline back for net/http.
func (l *lane) lift() error { return l.c.SetReadDeadline(time.Time{}) }

func (l *lane) fill() error {
	n, err := l.c.Conn.Read(l.buffer[l.end:])
	l.end += n
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// fits reads a head and tells whether its request is served here.
func (l *lane) fits(head []byte) bool {
	h := &l.head
	if !h.parse(head) {
		return false
	}
	m := l.s.gate.current.Load()
	if m == nil || l.s.faults.Any() {
		return false // it may take its time, and its client may not have so much
	}
	rt := m.routeTarget(h.target)
	if rt.op == nil || rt.op.Stream || h.length > rt.op.maxBody {
		return false
	}
	h.fill(l.request.Header)
	l.request.Host, l.request.ContentLength = h.host, h.length
	l.body, l.watched = h.length, false
	return true
}

// serve runs the request and reports whether the connection can go on.
func (l *lane) serve() (goesOn bool) {
	l.answer.reset()
	defer func() {
		if p := recover(); p != nil { // the answer is broken off on purpose; others were caught before
			goesOn = false
			if p != http.ErrAbortHandler { //nolint:errorlint // the very value that is thrown
				panic(p)
			}
		}
	}()
	l.s.ServeHTTP(&l.answer, l.request)
	if !l.answer.finish() {
		return false
	}
	return l.skip()
}

// skip reads what the server did not want of a body.
func (l *lane) skip() bool {
	if l.body == 0 {
		return true
	}
	_ = l.c.SetReadDeadline(l.s.cfg.Host.Now().Add(l.s.cfg.BodyTimeout))
	l.waits = time.Time{}
	_, err := io.Copy(io.Discard, laneBody{l})
	return err == nil
}

// laneBody reads the body of the request under way.
type laneBody struct{ l *lane }

// Read implements io.Reader.
func (b laneBody) Read(p []byte) (int, error) {
	l := b.l
	if l.body == 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), l.body)]
	if l.begin < l.end {
		n := copy(p, l.buffer[l.begin:l.end])
		l.begin += n
		l.body -= int64(n)
		return n, nil
	}
	if l.head.length <= quickBody && !l.watched {
		// The rest of a small body, which nobody else watches.
		l.watched = true
		_ = l.c.SetReadDeadline(l.s.cfg.Host.Now().Add(l.s.cfg.BodyTimeout))
		l.waits = time.Time{}
	}
	n, err := l.c.Conn.Read(p)
	l.body -= int64(n)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Close implements io.Closer.
func (laneBody) Close() error { return nil }
