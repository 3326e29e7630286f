package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sluice/lambda/function"
)

const latest = "$LATEST"

// target runs the events of one function.
type target interface {
	// run has the function answer one event. ctx is the caller's: it counts
	// until the function has the event. An error means that it never had.
	run(ctx context.Context, c *call) (function.Result, error)
	// close ends what run is doing and returns when all of it has ended.
	close()
}

// hosted is a function and what runs it.
type hosted struct {
	def     Definition
	target  target
	log     *journal
	release func() // gives back its code

	// Guarded by Host.mu: the invocations that hold it, and whether it was
	// replaced or removed. Whoever makes the one zero or the other true last
	// closes the target.
	running int
	retired bool
	closing bool
}

// call is one invocation on its way.
type call struct {
	function.Invocation
	def  *Definition
	life context.Context // ends when the host closes
	arn  string
	log  *journal
	tail tail // the end of the log, filled while it runs
}

// version is what the answer names.
func (c *call) version() string {
	if c.def.Version != "" {
		return c.def.Version
	}
	return latest
}

// Invoke runs a function and waits for its answer. An error means that the
// function never had the event; a *function.NotInvoked says why. When ctx ends
// first Invoke returns its error, and the function goes on by itself.
//
// The payload is not looked into: that it is JSON is for the caller to know.
// A qualifier that is an alias must have been resolved to a version.
func (h *Host) Invoke(ctx context.Context, in function.Invocation) (function.Result, error) {
	if len(in.Payload) > MaxEvent {
		return function.Result{}, errTooLarge(6 << 20)
	}
	if in.RequestID == "" {
		in.RequestID = h.cfg.Dice.UUID().String()
	}
	f, err := h.enter(&in)
	if err != nil {
		return function.Result{}, err
	}
	type outcome struct {
		result function.Result
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		defer h.work.Done()
		r, err := h.run(ctx, f, in)
		h.leave(f) // before the answer: who has it may call again at once
		done <- outcome{r, err}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		return function.Result{}, ctx.Err()
	}
}

// run runs one event and keeps its log.
func (h *Host) run(ctx context.Context, f *hosted, in function.Invocation) (function.Result, error) {
	c := &call{Invocation: in, def: &f.def, life: h.life, log: f.log}
	c.arn = f.def.Key.String()
	if in.Qualifier != "" && f.def.Version == "" {
		c.arn += ":" + in.Qualifier
	}
	began := h.cfg.Host.Now()
	result, err := f.target.run(ctx, c)
	if err != nil {
		var refused *function.NotInvoked
		if !errors.As(err, &refused) && ctx.Err() == nil {
			err = errUnreachable("%v", err)
		}
		return function.Result{}, err
	}
	if len(result.Payload) > MaxAnswer {
		result = answerTooLarge(len(result.Payload))
	}
	result.Version = c.version()
	if result.Took == 0 {
		result.Took = h.cfg.Host.Now().Sub(began)
	}
	if result.Error != "" && isOurs(result.Payload) {
		h.note(c, string(result.Payload))
	}
	h.note(c, fmt.Sprintf("END RequestId: %s", c.RequestID))
	h.note(c, report(c, result.Took))
	if in.Tail {
		result.Log = c.tail.bytes()
	}
	return result, nil
}

func report(c *call, took time.Duration) string {
	ms := float64(took) / float64(time.Millisecond)
	return fmt.Sprintf("REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB",
		c.RequestID, ms, int64(ms)+1, c.def.MemoryMB)
}

// note writes a line about an invocation into the log.
func (h *Host) note(c *call, text string) {
	c.tail.add(text)
	c.log.add(Line{At: h.cfg.Host.Now(), RequestID: c.RequestID, Text: text})
}

// begin notes that the function has the event now.
func (h *Host) begin(c *call) {
	h.note(c, "START RequestId: "+c.RequestID+" Version: "+c.version())
}

// enter finds a function and takes one of its places.
func (h *Host) enter(in *function.Invocation) (*hosted, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, errUnreachable("%v", ErrClosed)
	}
	f := h.find(in)
	if f == nil {
		return nil, errNotFound(Key{in.Account, in.Region, in.Name, in.Qualifier})
	}
	if r := f.def.Reserved; r != nil && f.running >= *r {
		return nil, errThrottled()
	}
	f.running++
	h.work.Add(1)
	return f, nil
}

func (h *Host) leave(f *hosted) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f.running--
	h.closeLocked(f)
}

// retireLocked takes a function out of use; f may be nil.
func (h *Host) retireLocked(f *hosted) {
	if f == nil {
		return
	}
	f.retired = true
	h.closeLocked(f)
}

// closeLocked closes a retired target once nothing runs in it, or at once when
// the host closes.
func (h *Host) closeLocked(f *hosted) {
	if !f.retired || f.closing || f.running > 0 && !h.closed {
		return
	}
	f.closing = true
	h.work.Go(func() {
		f.target.close()
		f.release()
	})
}

// isOurs is true for an error document of at most a line's length: it goes
// into the log, as AWS writes the error there.
func isOurs(payload []byte) bool { return len(payload) <= maxLine && isFailure(payload) }
