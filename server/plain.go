package server

import (
	"bufio"
	"context"
	"net"
	"net/http"

	"sluice/internal/page"
)

// servePlain lets a declared handler answer alone.
func (x *exchange) servePlain(ctx context.Context, rt route) {
	x.stamp(x.w.Header())
	ctx, ok := x.authenticatePlain(ctx, rt.plain)
	if !ok {
		return
	}
	if x.s.faults.Any() {
		o := ordered{Target: rt.plain.target()}
		if v := x.s.judge(ctx, &o, nil, false); v != nil {
			x.obeyPlain(ctx, rt, v)
			return
		}
	}
	x.lease.Share = x // what the handler holds of a body is for it to say
	ctx = page.With(ctx, &x.lease)
	rt.plain.Handler.ServeHTTP(&recorder{ResponseWriter: x.w, x: x}, x.r.WithContext(ctx))
	if x.event.Status == 0 {
		x.event.Status = http.StatusOK
	}
}

// recorder notes what a plain handler answers. Everything net/http offers
// stays reachable: by http.ResponseController through Unwrap, and by those who
// ask for the old interfaces.
type recorder struct {
	http.ResponseWriter
	x *exchange
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if status >= http.StatusOK || status == http.StatusSwitchingProtocols {
		r.x.wrote = true
		r.x.event.Status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	if !r.x.wrote {
		r.x.wrote = true
		r.x.event.Status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.x.event.BytesOut += int64(n)
	return n, err
}

// Flush implements http.Flusher.
func (r *recorder) Flush() {
	_ = http.NewResponseController(r.ResponseWriter).Flush()
}

// Hijack implements http.Hijacker.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(r.ResponseWriter).Hijack()
	if err == nil {
		r.x.wrote = true
		r.x.event.Status = http.StatusSwitchingProtocols
	}
	return c, rw, err
}
