package lambda

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"sluice/internal/clock"
	"sluice/lambda/function"
	"sluice/store/kv"
)

// Bounds of asynchronous invocations. AWS keeps events for 6 hours and tries a
// function that fails twice more, after one minute and then two.
const (
	backlogMax      = 1000
	backlogBytesMax = 64 << 20
	eventTries      = 3
	eventRetry      = time.Minute
	eventAge        = 6 * time.Hour
	eventPause      = time.Second
	eventPauseMax   = 5 * time.Minute
	// eventGrace is how long after a start a function may be missing that is
	// registered by a program, or by the admin API.
	eventGrace = 10 * time.Minute
)

// storedEvent is an asynchronous invocation as it is stored; its payload is
// stored beside it, since it never changes.
type storedEvent struct {
	Account       string    `json:"account"`
	Region        string    `json:"region"`
	Name          string    `json:"name"`
	Qualifier     string    `json:"qualifier,omitempty"`
	RequestID     string    `json:"requestId"`
	ClientContext string    `json:"clientContext,omitempty"`
	TraceID       string    `json:"traceId,omitempty"`
	Begun         time.Time `json:"begun"`
	Due           time.Time `json:"due"`
	// Tries is how often the function had it, Waits how often it could not be
	// given to the function.
	Tries int `json:"tries,omitempty"`
	Waits int `json:"waits,omitempty"`
}

// waiting is an event of the backlog. Only its next attempt changes it.
type waiting struct {
	storedEvent
	id      string
	payload []byte
	// since is when this process has known it.
	since time.Time
	timer clock.Timer // guarded by backlog.mu
	gone  bool        // guarded by backlog.mu; it is done with

	// storing keeps what is stored of it from coming back after its removal.
	storing sync.Mutex
}

func (w *waiting) headKey() string { return eventPrefix + w.Account + "/" + w.Region + "/" + w.id }
func (w *waiting) bodyKey() string { return payloadPrefix + w.Account + "/" + w.Region + "/" + w.id }

func (w *waiting) invocation() function.Invocation {
	return function.Invocation{Account: w.Account, Region: w.Region, Name: w.Name, Qualifier: w.Qualifier, RequestID: w.RequestID,
		ClientContext: w.ClientContext, TraceID: w.TraceID, Payload: w.payload}
}

// backlog is the asynchronous invocations that wait or run.
type backlog struct {
	mu     sync.Mutex
	events map[string]*waiting // guarded by mu; by id
	bytes  int                 // guarded by mu; of their payloads
}

// admit takes an event in; it reports false when there is no room for it.
func (b *backlog) admit(w *waiting, most int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.events) >= backlogMax || b.bytes+len(w.payload) > most {
		return false
	}
	b.events[w.id] = w
	b.bytes += len(w.payload)
	return true
}

// leave lets an event go. It reports false when it was gone.
func (b *backlog) leave(w *waiting) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.events[w.id] != w {
		return false
	}
	delete(b.events, w.id)
	b.bytes -= len(w.payload)
	w.gone = true
	if w.timer != nil {
		w.timer.Stop()
	}
	return true
}

// lacks reports whether an event has been let go.
func (b *backlog) lacks(w *waiting) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return w.gone
}

// invokeLater takes an event and returns once it is stored; the function runs
// by itself, a second and a third time when it fails.
func (r *Room) invokeLater(ctx context.Context, in function.Invocation) error {
	now := r.clock.Now()
	w := &waiting{id: r.config.Dice.UUID().String(), payload: in.Payload, since: now, storedEvent: storedEvent{Account: in.Account, Region: in.Region,
		Name: in.Name, Qualifier: in.Qualifier, RequestID: or(in.RequestID, r.config.Dice.UUID().String()),
		ClientContext: in.ClientContext, TraceID: in.TraceID, Begun: now, Due: now}}
	if !r.backlog.admit(w, r.backlogBytes()) {
		return &function.NotInvoked{Code: "TooManyRequestsException", Message: "Rate Exceeded.", Throttled: true}
	}
	var b kv.Batch
	b.Set([]byte(w.bodyKey()), w.payload)
	err := set(&b, w.headKey(), w.storedEvent)
	if err == nil {
		err = r.space.Commit(ctx, &b)
	}
	if err != nil {
		r.backlog.leave(w)
		return fmt.Errorf("store an asynchronous invocation: %w", err)
	}
	release := r.config.Hold("an invocation of " + w.Name)
	if !r.start(func() { defer release(); r.attempt(w) }) {
		release()
	}
	return nil
}

// backlogBytes is what payloads may weigh together.
func (r *Room) backlogBytes() int {
	if r.config.Memory > 0 {
		return min(backlogBytesMax, max(r.config.Memory, asyncPayloadMax))
	}
	return backlogBytesMax
}

// attempt gives an event to its function, and sees to the next attempt. It
// holds the clock, which the waiting does not.
func (r *Room) attempt(w *waiting) {
	result, err := dispatcher{r: r}.Invoke(r.life, w.invocation())
	if err != nil && r.life.Err() != nil {
		return // it is stored, and is tried again after the next start
	}
	now := r.clock.Now()
	condition := w.judge(now, result, err)
	if condition == "" {
		r.again(w)
		return
	}
	if condition != succeeded {
		r.config.Logger.LogAttrs(context.Background(), slog.LevelWarn, "an asynchronous invocation was given up", slog.String("function", w.Name),
			slog.String("requestId", w.RequestID), slog.String("condition", condition), slog.Int("tries", w.Tries), slog.Any("error", err))
		r.bury(w, result, err)
		if r.life.Err() != nil {
			return // nobody knows whether the letter has arrived; the next start sends another
		}
	}
	r.finished(w)
}

// succeeded is no condition of a failure.
const succeeded = "Success"

// judge says what an attempt means: why the event is done with, or empty when
// it is to be tried again, at Due.
func (w *waiting) judge(now time.Time, result function.Result, err error) (condition string) {
	var pause time.Duration
	at := w.ended(now, result)
	switch {
	case err == nil && result.Error == "":
		return succeeded
	case err == nil:
		w.Tries++
		w.Waits = 0
		pause = eventRetry * time.Duration(w.Tries)
	case isMissing(err) && (w.Begun.Equal(w.since) || now.Sub(w.since) > eventGrace):
		return "RetriesExhausted" // no further try can help
	default:
		pause = min(eventPause<<min(w.Waits, 10), eventPauseMax)
		w.Waits++
	}
	if w.Tries == eventTries {
		return "RetriesExhausted"
	}
	if w.Due = at.Add(pause); w.Due.Sub(w.Begun) > eventAge {
		return "EventAgeExceeded"
	}
	return ""
}

// ended is when an attempt was over that began when it was due. Whoever moves
// the clock by an hour finds that all attempts of that hour were made; an hour
// for which the server was down costs none.
func (w *waiting) ended(now time.Time, result function.Result) time.Time {
	at := w.Due
	if w.since.After(at) {
		at = w.since
	}
	if at = at.Add(result.Took); at.After(now) {
		return now
	}
	return at
}

// again stores how far an event has come and waits for its next attempt.
func (r *Room) again(w *waiting) {
	if err := r.storeProgress(w); err != nil { // a restart tries it earlier, or once more
		r.config.Logger.Warn("the state of an asynchronous invocation could not be stored", "function", w.Name, "error", err)
	}
	r.wait(w)
}

func (r *Room) storeProgress(w *waiting) error {
	w.storing.Lock()
	defer w.storing.Unlock()
	if r.backlog.lacks(w) {
		return nil
	}
	var b kv.Batch
	if err := set(&b, w.headKey(), w.storedEvent); err != nil {
		return err
	}
	return r.space.Commit(context.WithoutCancel(r.life), &b)
}

// wait sets the timer of the next attempt, unless the event is gone.
func (r *Room) wait(w *waiting) {
	r.backlog.mu.Lock()
	defer r.backlog.mu.Unlock()
	if !w.gone {
		w.timer = r.later(w.Due, "an invocation of "+w.Name, func() { r.attempt(w) })
	}
}

// finished removes an event that is done with.
func (r *Room) finished(w *waiting) {
	if !r.backlog.leave(w) {
		return
	}
	var b kv.Batch
	b.Delete([]byte(w.headKey()))
	b.Delete([]byte(w.bodyKey()))
	if err := r.space.Commit(context.WithoutCancel(r.life), &b); err != nil {
		r.config.Logger.Warn("an asynchronous invocation that is done could not be removed; a restart will repeat it", "function", w.Name, "error", err)
	}
}

// loadBacklog reads the events that were stored. They run after Start.
func (r *Room) loadBacklog(ctx context.Context) error {
	from, to := rangeOf(eventPrefix)
	err := r.space.Scan(ctx, from, to, false, func(key, value []byte) (bool, error) {
		w := &waiting{since: r.clock.Now()}
		if err := decodeStored(value, &w.storedEvent); err != nil {
			return false, fmt.Errorf("the asynchronous invocation %s: %w", key, err)
		}
		w.id = string(key[strings.LastIndexByte(string(key), '/')+1:])
		r.backlog.events[w.id] = w
		return true, nil
	})
	for _, w := range r.backlog.events {
		if err == nil {
			w.payload, _, err = r.space.Get(ctx, []byte(w.bodyKey()))
			r.backlog.bytes += len(w.payload)
		}
	}
	return err
}

// startBacklog has what was stored run when it is due.
func (r *Room) startBacklog() {
	r.backlog.mu.Lock()
	events := make([]*waiting, 0, len(r.backlog.events))
	for _, w := range r.backlog.events {
		events = append(events, w)
	}
	r.backlog.mu.Unlock()
	for _, w := range events {
		r.wait(w)
	}
}

// resetBacklog drops the events of an account and a region.
func (r *Room) resetBacklog(ctx context.Context, account, region string) error {
	r.backlog.mu.Lock()
	var events []*waiting
	for _, w := range r.backlog.events {
		if within(account, region, w.Account, w.Region) {
			events = append(events, w)
		}
	}
	r.backlog.mu.Unlock()
	var b kv.Batch
	for _, w := range events {
		w.storing.Lock()
		r.backlog.leave(w)
		w.storing.Unlock()
		b.Delete([]byte(w.headKey()))
		b.Delete([]byte(w.bodyKey()))
	}
	if len(events) == 0 {
		return nil
	}
	return r.space.Commit(ctx, &b)
}

// stopBacklog stops the timers, so that nothing begins any more.
func (r *Room) stopBacklog() {
	r.backlog.mu.Lock()
	defer r.backlog.mu.Unlock()
	for _, w := range r.backlog.events {
		if w.timer != nil {
			w.timer.Stop()
		}
	}
}
