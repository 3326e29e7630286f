package server

import (
	"encoding/base64"
	"net"
	"net/http"
	"strconv"
	"time"
)

// laneAnswer is the http.ResponseWriter of the lane. Answers have a length; one
// that has none, or not as much as it said, ends the connection, as in net/http.
type laneAnswer struct {
	lane   *lane
	header http.Header
	out    []byte // head and body as far as they are not written
	sent   bool   // the head is in out, or was
	length int64  // announced, −1 for none
	body   int64  // written so far
	err    error
	closes bool
	second int64 // for which date was made
	date   []byte
}

// laneOut is up to what size an answer is written together with its head.
const laneOut = 16 << 10

func (a *laneAnswer) reset() {
	if a.header == nil {
		a.header = http.Header{}
	}
	clear(a.header)
	a.out, a.sent, a.length, a.body, a.err, a.closes = a.out[:0], false, -1, 0, nil, false
}

// Header implements http.ResponseWriter.
func (a *laneAnswer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *laneAnswer) WriteHeader(status int) {
	if a.sent || status < http.StatusOK {
		return
	}
	a.sent = true
	b := append(a.out, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(append(append(b, ' '), http.StatusText(status)...), "\r\n"...)
	for name, values := range a.header {
		for _, value := range values {
			b = append(append(b, name...), ": "...)
			b = appendValue(b, value)
			b = append(b, "\r\n"...)
		}
	}
	if v := a.header["Content-Length"]; len(v) == 1 {
		a.length, _ = strconv.ParseInt(v[0], 10, 64)
	}
	if v := a.header["Connection"]; len(v) == 1 && v[0] == "close" {
		a.closes = true
	}
	if a.length < 0 && status != http.StatusNoContent && status != http.StatusNotModified {
		a.closes = true
		b = append(b, "Connection: close\r\n"...)
	}
	if _, given := a.header["Date"]; !given {
		b = append(append(append(b, "Date: "...), a.now()...), "\r\n"...)
	}
	a.out = append(b, "\r\n"...)
}

// whole writes an answer that has nothing out of the ordinary: what the general
// way would write, without the map that it goes through.
func (a *laneAnswer) whole(typed, id string, random, body []byte) {
	b := append(a.out, "HTTP/1.1 200 OK\r\nContent-Type: "...)
	b = append(append(append(append(b, typed...), "\r\nx-amzn-RequestId: "...), id...), "\r\n"...)
	if random != nil {
		b = base64.StdEncoding.AppendEncode(append(b, "x-amz-id-2: "...), random)
		b = append(b, "\r\n"...)
	}
	b = strconv.AppendInt(append(b, "Content-Length: "...), int64(len(body)), 10)
	b = append(append(append(b, "\r\nDate: "...), a.now()...), "\r\n\r\n"...)
	a.out, a.sent, a.length = b, true, int64(len(body))
	_, _ = a.Write(body) // a client that has gone needs no answer
}

// appendValue writes a value, in which no line may end.
func appendValue(b []byte, value string) []byte {
	for i := range len(value) {
		c := value[i]
		if c == '\r' || c == '\n' {
			c = ' '
		}
		b = append(b, c)
	}
	return b
}

// now is the time as headers have it.
func (a *laneAnswer) now() []byte {
	now := a.lane.s.cfg.Host.Now()
	if second := now.Unix(); second != a.second || a.date == nil {
		a.second = second
		a.date = now.UTC().AppendFormat(a.date[:0], http.TimeFormat)
	}
	return a.date
}

// Write implements http.ResponseWriter.
func (a *laneAnswer) Write(p []byte) (int, error) {
	if !a.sent {
		a.WriteHeader(http.StatusOK)
	}
	if a.length >= 0 && a.body+int64(len(p)) > a.length {
		return 0, http.ErrContentLength
	}
	a.body += int64(len(p))
	if len(a.out)+len(p) <= laneOut {
		a.out = append(a.out, p...)
		return len(p), nil
	}
	switch {
	case a.err != nil:
	case len(a.out) == 0: // the head went with an earlier piece
		_, a.err = a.lane.c.Write(p)
	default:
		a.err = a.lane.c.writePieces(net.Buffers{a.out, p})
		a.out = a.out[:0]
	}
	if a.err != nil {
		return 0, a.err
	}
	return len(p), nil
}

// FlushError is for http.ResponseController.
func (a *laneAnswer) FlushError() error {
	if !a.sent {
		a.WriteHeader(http.StatusOK)
	}
	if len(a.out) > 0 && a.err == nil {
		_, a.err = a.lane.c.Write(a.out)
		a.out = a.out[:0]
	}
	return a.err
}

// SetReadDeadline is for http.ResponseController.
func (a *laneAnswer) SetReadDeadline(t time.Time) error {
	a.lane.waits = time.Time{}
	return a.lane.c.SetReadDeadline(t)
}

// SetWriteDeadline is for http.ResponseController.
func (a *laneAnswer) SetWriteDeadline(t time.Time) error { return a.lane.c.SetWriteDeadline(t) }

// finish sends what is left and reports whether the connection can go on.
func (a *laneAnswer) finish() bool {
	if a.FlushError() != nil {
		return false
	}
	if cap(a.out) > 2*laneOut {
		a.out = nil
	}
	return !a.closes && (a.length < 0 || a.body == a.length)
}
