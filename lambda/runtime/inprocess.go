package runtime

import (
	"context"
	"fmt"
	"reflect"
	"runtime/debug"

	"sluice/lambda/function"
)

// inProcess runs a function of this program.
type inProcess struct {
	host    *Host
	handler Handler
	places  *places
}

func newInProcess(h *Host, d *Definition) *inProcess {
	return &inProcess{host: h, handler: d.Go, places: newPlaces(maxConcurrency)}
}

// run hands the event to the handler. A handler that overruns its time keeps
// its place until it returns, as nothing can take it away.
func (t *inProcess) run(ctx context.Context, c *call) (function.Result, error) {
	if err := t.places.take(ctx, c); err != nil {
		return function.Result{}, err
	}
	t.host.begin(c)
	ctx, cancel := context.WithTimeout(c.life, c.def.Timeout)
	done := make(chan function.Result, 1)
	t.host.work.Go(func() {
		defer cancel()
		r := t.call(ctx, c.Payload)
		t.places.give() // before the answer, as in Invoke
		done <- r
	})
	select {
	case r := <-done:
		return r, nil
	case <-ctx.Done():
	}
	select {
	case r := <-done: // at the last moment
		return r, nil
	default:
		return timedOut(c.RequestID, c.def.Timeout), nil
	}
}

func (t *inProcess) call(ctx context.Context, event []byte) (r function.Result) {
	defer func() {
		if p := recover(); p != nil {
			t.host.cfg.Logger.Warn("a function has panicked", "panic", p, "stack", string(debug.Stack()))
			r = failed("Runtime.Panic", "%v", p)
		}
	}()
	payload, err := t.handler(ctx, event)
	if err != nil {
		return failed(typeName(err), "%v", err)
	}
	if len(payload) == 0 {
		payload = []byte("null")
	}
	return function.Result{Payload: payload}
}

// typeName names an error as the Go runtime of AWS does: errorString, MyError.
func typeName(err error) string {
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" {
		return fmt.Sprint(t)
	}
	return t.Name()
}

// close has nothing to end: the handlers' context is that of the host.
func (t *inProcess) close() {}
