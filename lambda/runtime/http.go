package runtime

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"regexp"

	"sluice/lambda/function"
)

// emulator is a target that takes events by POST: the Runtime Interface
// Emulator, or anything that behaves like it.
type emulator struct{ poster }

func newEmulator(h *Host, d *Definition) *emulator {
	return &emulator{newPoster(h, d.HTTP.URL, d.HTTP.Concurrency)}
}

// run implements target.
func (t *emulator) run(ctx context.Context, c *call) (function.Result, error) {
	r, err := t.post(ctx, c, plainHeader(c))
	if err != nil {
		return settled(c, err)
	}
	return t.understand(c, r)
}

// overrun is what the emulator says, as text with status 200, when the time it
// gives a function is over.
var overrun = regexp.MustCompile(`^Task timed out after [0-9]+(\.[0-9]+)? seconds$`)

// understand reads an answer. The emulator has one status for success and for
// function errors, 200. It refuses a second event at a time with 400, and
// proxies before containers that are not up answer 502 and 504. A single
// concurrency of several brings real statuses, and Error-Type with errors.
func (t *emulator) understand(c *call, r *reply) (function.Result, error) {
	kind := r.header.Get("X-Amz-Function-Error")
	switch {
	case r.size > MaxAnswer:
		return answerTooLarge(r.size), nil
	case r.status == http.StatusOK && kind == function.Handled:
		return function.Result{Payload: r.body, Error: kind}, nil
	case r.status == http.StatusOK && (kind != "" || isFailure(r.body)):
		return function.Result{Payload: r.body, Error: function.Unhandled}, nil
	case r.status == http.StatusOK && len(r.body) < 100 && overrun.Match(bytes.TrimSpace(r.body)):
		return failed("Sandbox.Timedout", "RequestId: %s Error: %s", c.RequestID, bytes.TrimSpace(r.body)), nil
	case r.status == http.StatusOK, r.status == http.StatusNoContent, r.status == http.StatusAccepted:
		return function.Result{Payload: r.body}, nil
	case r.header.Get("Error-Type") != "", isFailure(r.body):
		return function.Result{Payload: document(r), Error: function.Unhandled}, nil
	case r.status == http.StatusTooManyRequests, r.status == http.StatusServiceUnavailable, r.status == http.StatusBadRequest:
		return function.Result{}, &function.NotInvoked{Code: "TooManyRequestsException", Throttled: true,
			Message: fmt.Sprintf("%s is busy: status %d, %s", t.url, r.status, excerpt(r.body))}
	case r.status < 500, r.status == http.StatusBadGateway, r.status == http.StatusGatewayTimeout:
		return function.Result{}, errUnreachable("%s did not take the event: status %d, %s", t.url, r.status, excerpt(r.body))
	}
	return failed(fmt.Sprintf("Http.%d", r.status), "%s", excerpt(r.body)), nil
}

// document is the error document of an answer, made when there is none.
func document(r *reply) []byte {
	if isFailure(r.body) {
		return r.body
	}
	return failed(r.header.Get("Error-Type"), "%s", excerpt(r.body)).Payload
}
