package server

import (
	"net"
	"time"
)

// A client that reads nothing holds up the write of its answer for as long as
// its connection stays open. Where that costs memory others wait for, the write
// has a deadline (see lend.go). For all other answers a deadline would be a
// system call's worth of time for each; instead a connection counts when a
// write of it begins and ends, and the entrance looks at the counts now and
// then: one that was in the same write both times is closed.

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	n, err := c.Conn.Write(p)
	c.writes.Add(1)
	return n, err
}

// writePieces writes several pieces with one system call.
func (c *conn) writePieces(pieces net.Buffers) error {
	c.writes.Add(1)
	_, err := pieces.WriteTo(c.Conn)
	c.writes.Add(1)
	return err
}

// stuck tells whether the connection is in the very write that it was in when
// stuck was called last.
func (c *conn) stuck() bool {
	now := c.writes.Load()
	before := c.seen
	c.seen = now
	return now%2 == 1 && now == before
}

// sweep closes connections whose client has read nothing for half to all of
// the entrance's patience.
func (e *entrance) sweep() {
	for e.host.Sleep(e.ctx, e.patience/2) == nil {
		for _, c := range e.standing() {
			_ = c.Close()
		}
	}
}

// standing are the connections that are stuck.
func (e *entrance) standing() (list []*conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for c := range e.all {
		if c.stuck() {
			list = append(list, c)
		}
	}
	return list
}

// slowest is the rate, in bytes a second, that a body which takes memory must
// come at on average, once the time that one may stand still is over. What
// trickles slower would keep memory from others for hours.
const slowest = 32 << 10

// bodyEnd is when a body of n bytes must be there, counted from now.
func bodyEnd(now time.Time, patience time.Duration, n int64) time.Time {
	return now.Add(patience + time.Duration(n)*time.Second/slowest)
}
