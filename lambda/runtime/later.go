package runtime

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"sluice/lambda/function"
)

// Bounds of later invocations. AWS keeps events for 6 hours and tries a
// function that fails twice more, after one minute and then two.
const (
	maxBacklog      = 1000
	maxBacklogBytes = 64 << 20
	laterTries      = 3
	laterRetry      = time.Minute
	laterAge        = 6 * time.Hour
	laterBackoff    = time.Second
	maxLaterBackoff = 5 * time.Minute
)

// backlog is what later invocations hold, guarded by Host.mu.
type backlog struct{ events, bytes int }

// Drop is a later invocation that was given up.
type Drop struct {
	function.Invocation
	// Condition is RetriesExhausted or EventAgeExceeded.
	Condition string
	// Tries is how often the function had the event.
	Tries int
	// Result is the last answer, when there was one.
	Result function.Result
	// Err is why the function did not have the event in the last try.
	Err error
}

// InvokeLater takes an event and returns; the function runs by itself, a
// second and a third time when it fails. Events that wait are in memory: they
// are lost when the host closes.
func (h *Host) InvokeLater(in function.Invocation) (requestID string, err error) {
	if len(in.Payload) > MaxLaterEvent {
		return "", errTooLarge(MaxLaterEvent)
	}
	if in.RequestID == "" {
		in.RequestID = h.cfg.Dice.UUID().String()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return "", errUnreachable("%v", ErrClosed)
	case h.find(&in) == nil:
		return "", errNotFound(Key{in.Account, in.Region, in.Name, in.Qualifier})
	case h.later.events >= maxBacklog || h.later.bytes+len(in.Payload) > maxBacklogBytes:
		return "", errThrottled()
	}
	h.later.events++
	h.later.bytes += len(in.Payload)
	release := h.cfg.Hold("an invocation of " + in.Name)
	begun := h.cfg.Service.Now()
	h.work.Go(func() {
		h.tryLater(in, begun, release)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.later.events--
		h.later.bytes -= len(in.Payload)
	})
	return in.RequestID, nil
}

// tryLater invokes until it succeeds or gives up. It holds the clock while it
// is at work, and not while it waits.
func (h *Host) tryLater(in function.Invocation, begun time.Time, release func()) {
	defer func() { release() }()
	wait := laterBackoff
	for tries := 0; ; {
		result, err := h.Invoke(h.life, in)
		pause := wait
		switch {
		case h.life.Err() != nil:
			return
		case err != nil:
			wait = min(wait*2, maxLaterBackoff)
		case result.Error == "":
			return
		default:
			tries++
			pause = laterRetry * time.Duration(tries)
		}
		drop := Drop{Invocation: in, Tries: tries, Result: result, Err: err, Condition: "RetriesExhausted"}
		if tries == laterTries || gone(err) {
			h.drop(drop)
			return
		}
		if h.cfg.Service.Now().Add(pause).Sub(begun) > laterAge {
			drop.Condition = "EventAgeExceeded"
			h.drop(drop)
			return
		}
		woken := make(chan func(), 1)
		timer := h.cfg.Service.At(h.cfg.Service.Now().Add(pause), func() { woken <- h.cfg.Hold("an invocation of " + in.Name) })
		release()
		select {
		case release = <-woken:
		case <-h.life.Done():
			if !timer.Stop() {
				release = <-woken
			}
			return
		}
	}
}

// gone is true when no further try can help: the function is no longer there.
func gone(err error) bool {
	var refused *function.NotInvoked
	return errors.As(err, &refused) && refused.Code == "ResourceNotFoundException"
}

func (h *Host) drop(d Drop) {
	if h.cfg.Dropped != nil {
		h.cfg.Dropped(d)
		return
	}
	h.cfg.Logger.LogAttrs(context.Background(), slog.LevelWarn, "a later invocation was given up",
		attributes(&d)...)
}

func attributes(d *Drop) []slog.Attr {
	list := []slog.Attr{slog.String("function", d.Name), slog.String("requestId", d.RequestID),
		slog.String("condition", d.Condition), slog.Int("tries", d.Tries)}
	if d.Err != nil {
		list = append(list, slog.Any("error", d.Err))
	}
	return list
}
