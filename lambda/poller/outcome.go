package poller

import (
	"errors"
	"fmt"
	"time"

	"sluice/lambda/function"
)

// part finishes the records below the lowest that the function reported. That
// is progress, and starts the count of failures again; without any the call
// has failed, but is not split: a split would be at the record it began with.
func (f *flow) part(now, since time.Time, l *lane, w *work, v verdict) {
	n := v.lowest
	why := fmt.Sprintf("the function reported record %s as failed", w.items[n].record.SequenceNumber)
	if n == 0 {
		f.fail(since, l, w, why, false)
		return
	}
	l.trouble, f.stats.result = why, OK
	f.stats.FailedInvoke += int64(len(w.items) - n)
	done := w.items[:n]
	w.items, w.failed, w.pauses = w.items[n:], 0, 0
	if f.win.open {
		f.win.took(done, v.state)
	}
	f.done(now, done)
	f.endEarly(l)
}

// fail has the work in turn tried again: in halves when it may be split, which
// costs no retry, else after a pause and as often as the mapping says.
func (f *flow) fail(since time.Time, l *lane, w *work, why string, split bool) {
	l.trouble, f.stats.result = why, FunctionFailed
	f.stats.FailedInvoke += int64(len(w.items))
	if split && len(w.items) > 1 {
		l.half(w)
		return
	}
	w.failed++
	if most := f.m.MaximumRetryAttempts; most >= 0 && w.failed > most {
		w.give = retriesExhausted
		return
	}
	f.pause(since, l, w, "the next attempt")
}

// pause puts the work in turn off, longer each time.
func (f *flow) pause(now time.Time, l *lane, w *work, what string) {
	w.pauses++
	l.wait(now.Add(f.retry.pause(w.pauses)), what)
}

// notInvoked puts the work in turn off without counting a failure: only the
// age of its records ends that.
func (f *flow) notInvoked(now time.Time, l *lane, w *work, err error) {
	l.trouble = err.Error()
	var not *function.NotInvoked
	if !errors.As(err, &not) {
		f.stats.result = FunctionFailed
		f.pause(now, l, w, "the function, which could not be invoked")
		return
	}
	switch {
	case not.Code == tooLarge:
		w.answered = false
		f.fail(now, l, w, err.Error(), true)
		return
	case not.Throttled:
		f.stats.Throttles++
		f.pause(now, l, w, "a free place of the function")
		return
	case not.Code == "ResourceNotFoundException":
		f.stats.result = FunctionNotFound
	default:
		f.stats.result = FunctionFailed
	}
	f.pause(now, l, w, "the function, which could not be invoked")
}

// delivered reports whether the failure of a job has reached its destination.
func (f *flow) delivered(now time.Time, j job, err error) {
	l, w := &f.lanes[j.lane], j.work
	l.busy, l.at = false, now
	if err != nil {
		l.trouble = "the destination: " + err.Error()
		f.pause(now, l, w, "the destination of failures")
		return
	}
	l.pop()
	f.stats.Dropped += int64(len(w.items))
	if f.m.OnFailure != "" {
		f.stats.Delivered += int64(len(w.items))
	}
	if w.give == tooOld {
		f.stats.result = RecordsTooOld
	}
	if w.final {
		f.win = window{}
	} else if f.win.open {
		f.win.took(w.items, nil)
	}
	f.done(now, w.items)
}

// done finishes records.
func (f *flow) done(now time.Time, items []item) {
	size := 0
	for i := range items {
		f.track.finish(items[i].place)
		size += items[i].weight()
	}
	f.weigh(-size)
	if n := len(items); n > 0 {
		f.stats.IteratorAge = max(0, now.Sub(items[n-1].record.Arrival))
	}
	f.advance()
}

func (f *flow) advance() {
	if !f.win.open {
		f.checkpoint = f.track.at
	}
}

// failureOf describes what a job gives up. The last call of a window has no
// records; it names those of the window.
func (f *flow) failureOf(now time.Time, j job, requestID string) Failure {
	w := j.work
	first, last := f.win.first, f.win.last
	if len(w.items) > 0 {
		first, last = w.items[0].record, w.items[len(w.items)-1].record
	}
	if last == nil {
		last = first
	}
	if w.requestID != "" {
		requestID = w.requestID
	}
	told := failure{
		requestID: requestID, functionARN: f.m.FunctionARN, condition: w.give, invokes: w.failed,
		answered: w.answered && w.give == retriesExhausted, version: w.version, kind: w.kind,
		at: now, shardID: f.t.shardID, records: len(w.items), streamARN: f.m.Source.Parent().String(),
		first: first.SequenceNumber, last: last.SequenceNumber, firstArrival: first.Arrival, lastArrival: last.Arrival,
	}
	if w.give == tooOld {
		told.invokes++ // the invocation that did not come to pass
	}
	return Failure{Mapping: f.m.UUID, Account: f.m.Account, Region: f.m.Region, Destination: f.m.OnFailure,
		ShardID: f.t.shardID, At: now, Document: told.document(), Payload: f.t.event(w.items, nil)}
}

// status tells what the flow is doing.
func (f *flow) status(now time.Time) ShardStatus {
	s := ShardStatus{ShardID: f.t.shardID, Checkpoint: f.checkpoint}
	var oldest *Record
	for i := range f.lanes {
		l := &f.lanes[i]
		s.Queued += len(l.queue)
		for at, w := range l.stack {
			if l.busy && at == len(l.stack)-1 {
				s.InFlight += len(w.items)
			} else {
				s.Queued += len(w.items)
			}
			if len(w.items) > 0 && (oldest == nil || w.items[0].record.Arrival.Before(oldest.Arrival)) {
				oldest = w.items[0].record
				s.Attempt = w.failed
			}
		}
		if len(l.queue) > 0 && (oldest == nil || l.queue[0].record.Arrival.Before(oldest.Arrival)) {
			oldest = l.queue[0].record
		}
		if l.trouble != "" {
			s.LastError = l.trouble
		}
		if l.why != "" {
			s.WaitingFor = l.why
		}
	}
	if oldest != nil {
		s.Lag = max(0, now.Sub(oldest.Arrival))
	}
	if s.WaitingFor == "" && s.InFlight == 0 {
		s.WaitingFor = f.idle(s.Queued)
	}
	return s
}

// idle is what a flow that does nothing waits for.
func (f *flow) idle(queued int) string {
	switch {
	case queued > 0:
		return "the batch to fill"
	case f.win.open:
		return "the window to end"
	case f.closed:
		return "the checkpoint"
	}
	return "records"
}
