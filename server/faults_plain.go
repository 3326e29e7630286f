package server

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"sluice/server/fault"
)

// target is what fault rules know of a plain handler: how its answer travels,
// and its errors where it has a form for them.
func (r *Route) target() fault.Target {
	return fault.Target{Service: r.Service, Operation: r.Operation, Answers: r.Fail != nil, Throttles: r.Fail != nil && r.Busy.Code != ""}
}

// obeyPlain lets a plain handler answer under a verdict.
func (x *exchange) obeyPlain(ctx context.Context, rt route, v *fault.Verdict) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	x.prepare(ctx, v)
	if x.s.pause(ctx, x.ending, v.Latency) != nil {
		x.breakOff()
	}
	w := http.ResponseWriter(&recorder{ResponseWriter: x.w, x: x})
	switch {
	case v.ResetBefore:
		x.reset()
	case v.Error != nil:
		x.event.Error = v.Error.Code
		rt.plain.Fail(w, x.r, cmp.Or(v.Error.Status, http.StatusInternalServerError), v.Error.Code, v.Error.Message)
		return
	case v.Throttle:
		busy := rt.plain.Busy
		x.event.Error = busy.Code
		rt.plain.Fail(w, x.r, busy.Status, busy.Code, busy.Message)
		return
	case v.ResetAfter:
		rt.plain.Handler.ServeHTTP(&unheard{header: http.Header{}}, x.r.WithContext(ctx))
		x.reset()
	}
	half := &halfway{ResponseWriter: w, x: x}
	rt.plain.Handler.ServeHTTP(half, x.r.WithContext(ctx))
	if v.Truncate {
		x.breakOff()
	}
}

// unheard takes an answer that nobody will hear.
type unheard struct{ header http.Header }

// Header implements http.ResponseWriter.
func (u *unheard) Header() http.Header { return u.header }

// WriteHeader implements http.ResponseWriter.
func (u *unheard) WriteHeader(int) {}

// Write implements http.ResponseWriter.
func (u *unheard) Write(p []byte) (int, error) { return len(p), nil }

// halfway passes an answer on slowly, or half of it: of the length that its
// head announces, else of its first write.
type halfway struct {
	http.ResponseWriter
	x    *exchange
	left int // bytes until the middle, once the first write has come
	on   bool
}

// Unwrap is for http.ResponseController.
func (h *halfway) Unwrap() http.ResponseWriter { return h.ResponseWriter }

// Write implements http.ResponseWriter.
func (h *halfway) Write(p []byte) (int, error) {
	if !h.x.manner.truncate {
		return h.x.pace(h.ResponseWriter, p)
	}
	if !h.on {
		h.on = true
		whole, err := strconv.Atoi(h.Header().Get("Content-Length"))
		if err != nil {
			whole = len(p)
		}
		h.left = whole / 2
	}
	part := p[:min(len(p), h.left)]
	h.left -= len(part)
	n, err := h.x.pace(h.ResponseWriter, part)
	if err == nil && len(part) < len(p) {
		h.x.breakOff()
	}
	return n, err
}
