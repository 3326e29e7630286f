package poller

import "time"

// maxState is the largest state of a window that is carried on.
const maxState = 1 << 20

// window is the tumbling window that is open in a shard. Windows follow the
// arrival of records, and their state goes from call to call.
type window struct {
	open       bool
	start, end time.Time
	state      []byte
	// early is set when the state has become too large: the window is ended
	// with the next call.
	early bool
	// first and last are its records so far.
	first, last *Record
}

// emptyState is the state of a window's first call.
const emptyState = "{}"

// windowStart is the beginning of the window that a time is in. Windows are
// counted from the epoch.
func windowStart(t time.Time, length time.Duration) time.Time {
	ms := t.UnixMilli()
	return time.UnixMilli(ms - ms%length.Milliseconds()).UTC()
}

// begin opens the window of a record, unless it is open.
func (w *window) begin(r *Record, length time.Duration) {
	if w.open {
		return
	}
	start := windowStart(r.Arrival, length)
	*w = window{open: true, start: start, end: start.Add(length), state: []byte(emptyState), first: r}
}

// holds reports whether a record belongs to the window.
func (w *window) holds(r *Record) bool {
	return !r.Arrival.Before(w.start) && r.Arrival.Before(w.end)
}

// took notes what a call has done with records of the window. A state that is
// too large ends it, but the last call still sees it.
func (w *window) took(done []item, state []byte) {
	if len(done) > 0 {
		w.last = done[len(done)-1].record
	}
	if state == nil {
		return
	}
	w.state = state
	w.early = len(state) > maxState
}

// call is what the next invocation tells about the window.
func (w *window) call(final bool) *windowCall {
	return &windowCall{start: w.start, end: w.end, state: w.state, final: final, early: final && w.early}
}
