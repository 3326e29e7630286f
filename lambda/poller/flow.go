package poller

import (
	"time"

	"sluice/lambda/function"
)

// Limits of one shard of one mapping.
const (
	// maxAhead is how many records may be read beyond the checkpoint; two full
	// batches always fit.
	maxAhead = 10000
	// laneBytes is what the records of a shard may weigh in memory, so that a
	// batch can reach the limit of an event; otherLaneBytes is added for every
	// lane but the first. A page that was asked for before is taken whole.
	laneBytes      = 8 << 20
	otherLaneBytes = 2 << 20
	// mappingBytes is what the records of all shards of a mapping may weigh
	// before only shards that hold none read on.
	mappingBytes = 64 << 20
	// pageBytes is what a read aims at.
	pageBytes = 1 << 20
	// firstPage is the most records of a read when nothing is known of their size.
	firstPage = 1000
)

// tooLarge is the code of an invocation whose event is refused for its size:
// trying again will not help, so it counts as a failure.
const tooLarge = "RequestTooLargeException"

// flow is a shard on its way to the function, as a state machine: events go in
// through offer, end, answered and delivered; next says what to do and due
// when to ask again. It is not safe for concurrent use.
type flow struct {
	m     *Mapping
	t     *template
	retry Backoff
	stats *stats
	// readers are charged for the records in memory; nil: nobody is.
	readers *Readers

	lanes []lane
	track tracker
	win   window
	// checkpoint is what may be stored: that of the tracker, except while a
	// window is open, whose state would be lost.
	checkpoint string
	closed     bool // the shard is closed and was read to its end
	tip        bool // the last read reached the newest record
	weight     int  // of the records in memory
	average    int  // weight of a record, as of the last page
}

// stats is what all shards of a mapping add to.
type stats struct {
	Counters
	result string
}

// job is something to do outside: invoke the function with a work's items, or
// deliver its failure.
type job struct {
	lane    int
	work    *work
	deliver bool
	window  *windowCall
	// at is when it was to begin. That is before now when the clock was moved
	// over it.
	at time.Time
}

func newFlow(m *Mapping, t *template, retry Backoff, s *stats, after string) *flow {
	f := &flow{m: m, t: t, retry: retry, stats: s, lanes: make([]lane, m.lanes()), checkpoint: after}
	f.track.at = after
	return f
}

// prepare makes items of records. It reads only what never changes, so that it
// can run beside everything else.
func (f *flow) prepare(records []Record) []item {
	items := make([]item, len(records))
	for i := range records {
		r := &records[i]
		it := &items[i]
		it.record = r
		it.pass = f.m.Pass == nil || f.m.Pass(r)
		if it.pass {
			it.size, it.lane = f.t.recordSize(r), laneOf(r.PartitionKey, len(f.lanes))
		}
	}
	return items
}

// offer takes a page that was read. waited is set when the reader had been
// waiting for it at the tip, so that batching windows began with the arrival.
func (f *flow) offer(now time.Time, items []item, waited bool) {
	f.stats.Polled += int64(len(items))
	size, kept := 0, 0
	for i := range items {
		it := &items[i]
		it.place = f.track.add(it.record.SequenceNumber)
		size += it.weight()
		if !it.pass {
			f.stats.FilteredOut++
			f.track.finish(it.place)
			continue
		}
		it.since = now
		if waited && it.record.Arrival.Before(now) {
			it.since = it.record.Arrival
		}
		kept += it.weight()
		l := &f.lanes[it.lane]
		l.queue = append(l.queue, *it)
	}
	f.weigh(kept)
	if len(items) > 0 {
		f.average = size/len(items) + 1
	}
	for i := range f.lanes {
		f.fill(&f.lanes[i])
	}
	f.advance()
}

// end says that the shard is closed and was read to its end.
func (f *flow) end() { f.closed, f.tip = true, true }

func (f *flow) weigh(n int) {
	f.weight += n
	f.stats.InFlightBytes += int64(n)
	if f.readers != nil {
		f.readers.charge(n)
	}
}

// room is how many records to read now, 0 for none.
func (f *flow) room() int {
	n := f.wants()
	if f.readers == nil || n == 0 || !f.readers.memory.full() {
		return n
	}
	if f.weight > 0 {
		return 0
	}
	return min(n, pageOf(scantBytes, scantFirst, f.average))
}

// wants is how many records would be read now if there was memory for them.
func (f *flow) wants() int {
	bound := laneBytes + (len(f.lanes)-1)*otherLaneBytes
	if f.closed || f.weight >= bound || f.weight > 0 && f.stats.InFlightBytes >= mappingBytes {
		return 0
	}
	return max(0, min(pageOf(pageBytes, firstPage, f.average), max(maxAhead, 2*f.m.BatchSize)-f.track.distance()))
}

// expects is what so many records will weigh, as far as that is known.
func (f *flow) expects(n int) int {
	if f.average == 0 {
		return min(n<<10, pageBytes)
	}
	return n * f.average
}

// pageOf is how many records of an average weight make so many bytes; first
// when nothing is known of it.
func pageOf(bytes, first, average int) int {
	if average == 0 {
		return first
	}
	return max(1, bytes/average)
}

// fill looks how much of the queue goes into the next batch.
func (f *flow) fill(l *lane) {
	limit := eventLimit - len(eventHead) - len(eventFoot)
	if f.m.TumblingWindow > 0 {
		limit -= windowSpace + maxState + len(f.t.shardID) + len(f.t.source)
	}
	next := &l.next
	for next.n < len(l.queue) && !next.full {
		it := &l.queue[next.n]
		if next.n > 0 && (next.size+1+it.size > limit || !f.together(&l.queue[0], it)) {
			next.full = true
			break
		}
		next.n++
		next.size += 1 + it.size
		next.full = next.n == f.m.BatchSize || next.size > limit
	}
}

// together reports whether two records may be in one batch.
func (f *flow) together(a, b *item) bool {
	length := f.m.TumblingWindow
	return length == 0 || windowStart(a.record.Arrival, length).Equal(windowStart(b.record.Arrival, length))
}

// next returns something to do now. It is reported back with answered or
// delivered; until then its lane waits.
func (f *flow) next(now time.Time) (job, bool) {
	for i := range f.lanes {
		l := &f.lanes[i]
		if l.busy || now.Before(f.wakes(l)) || l.top() == nil && !f.gather(now, l) {
			continue
		}
		at := f.begins(now, l)
		l.ready()
		f.age(now, l)
		w := l.top()
		if w.give == "" && len(w.items) == 1 && w.items[0].size > eventLimit-len(eventHead)-len(eventFoot) {
			w.give, l.trouble = retriesExhausted, "the record is too large for an event"
		}
		l.busy = true
		j := job{lane: i, work: w, deliver: w.give != "", at: at}
		if f.m.TumblingWindow > 0 && !j.deliver {
			if !w.final {
				f.win.begin(w.items[0].record, f.m.TumblingWindow)
			}
			j.window = f.win.call(w.final)
		}
		return j, true
	}
	return job{}, false
}

// begins is when the work in turn was to begin. Whoever moves the clock by an
// hour finds that all attempts of that hour were made, if their number is
// limited: each is due after the one before it, not after the move.
func (f *flow) begins(now time.Time, l *lane) time.Time {
	if f.m.MaximumRetryAttempts < 0 {
		return now
	}
	at := l.top().ready
	if l.until.After(at) {
		at = l.until
	}
	if l.at.After(at) {
		at = l.at
	}
	if at.After(now) {
		return now
	}
	return at
}

// ended is when an attempt was over that began in time.
func (f *flow) ended(now time.Time, j job, r function.Result) time.Time {
	at := j.at.Add(r.Took)
	if f.m.MaximumRetryAttempts < 0 || at.After(now) {
		return now
	}
	return at
}

// wakes is until when the lane is put off: until its time has come, or its
// first record becomes too old.
func (f *flow) wakes(l *lane) time.Time {
	w := l.top()
	if l.until.IsZero() || f.m.MaximumRecordAge <= 0 || w == nil || len(w.items) == 0 || w.give != "" {
		return l.until
	}
	// Older than the age, and arrivals are in milliseconds.
	if old := w.items[0].record.Arrival.Add(f.m.MaximumRecordAge + time.Millisecond); old.Before(l.until) {
		return old
	}
	return l.until
}

// gather makes a batch of what is queued, if it is complete.
func (f *flow) gather(now time.Time, l *lane) bool {
	if f.win.open && f.closes(now, l) {
		l.push(&work{final: true, ready: f.win.end})
		return true
	}
	if len(l.queue) == 0 || !f.complete(now, l) {
		return false
	}
	full := l.next.full || f.closed
	ready := f.completes(l)
	items := l.take()
	if last := items[len(items)-1].since; ready.Before(last) || full {
		ready = last
	}
	l.push(&work{items: items, ready: ready})
	f.fill(l)
	return true
}

// complete reports whether the next batch waits for nothing more.
func (f *flow) complete(now time.Time, l *lane) bool {
	return l.next.full || f.closed || !now.Before(f.completes(l))
}

// completes is when the next batch is complete though it is not full.
func (f *flow) completes(l *lane) time.Time {
	first := &l.queue[0]
	at := first.since.Add(f.m.BatchingWindow)
	if length := f.m.TumblingWindow; length > 0 {
		if end := windowStart(first.record.Arrival, length).Add(length); end.Before(at) {
			at = end
		}
	}
	return at
}

// closes reports whether the open window gets its last call now.
func (f *flow) closes(now time.Time, l *lane) bool {
	if len(l.queue) > 0 {
		return !f.win.holds(l.queue[0].record)
	}
	return f.closed || f.tip && !now.Before(f.win.end)
}

// age puts the records of the work in turn that have become too old aside, to
// be given up first. Within a shard they are the oldest that come first.
func (f *flow) age(now time.Time, l *lane) {
	w := l.top()
	if f.m.MaximumRecordAge <= 0 || w.give != "" {
		return
	}
	n := 0
	for n < len(w.items) && now.Sub(w.items[n].record.Arrival) > f.m.MaximumRecordAge {
		n++
	}
	if n == 0 {
		return
	}
	old := *w
	old.items, old.give = w.items[:n:n], tooOld
	w.items = w.items[n:]
	if len(w.items) == 0 {
		l.pop()
	}
	l.push(&old)
}

// due is when to ask next again; zero: not before something happens.
func (f *flow) due(now time.Time) time.Time {
	var at time.Time
	for i := range f.lanes {
		l := &f.lanes[i]
		if l.busy {
			continue
		}
		var t time.Time
		switch {
		case now.Before(f.wakes(l)):
			t = f.wakes(l)
		case l.top() != nil:
			t = now
		case len(l.queue) > 0:
			t = f.completes(l)
		case f.win.open:
			t = f.win.end
		}
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	return at
}

// finished reports whether all of a closed shard is done.
func (f *flow) finished() bool {
	if !f.closed || f.win.open {
		return false
	}
	for i := range f.lanes {
		if l := &f.lanes[i]; l.busy || l.top() != nil || len(l.queue) > 0 {
			return false
		}
	}
	return true
}

// answered reports what became of an invocation.
func (f *flow) answered(now time.Time, j job, r function.Result, err error) {
	l, w := &f.lanes[j.lane], j.work
	l.busy = false
	if err != nil {
		f.notInvoked(now, l, w, err)
		return
	}
	l.at = f.ended(now, j, r)
	f.stats.Invocations++
	f.stats.Duration += r.Took
	f.stats.Invoked += int64(len(w.items))
	w.answered, w.version, w.kind = true, r.Version, r.Error
	v := interpret(r, w.items, expectations{report: f.m.ReportBatchItemFailures, window: j.window != nil, final: w.final})
	switch v.outcome {
	case succeeded:
		f.stats.result, l.trouble = OK, ""
		f.succeed(now, l, w, v.state)
	case partly:
		f.part(now, l.at, l, w, v)
	case failed:
		f.stats.Errors++
		f.fail(l.at, l, w, v.why, f.m.Bisect)
	}
}

// succeed finishes the work in turn.
func (f *flow) succeed(now time.Time, l *lane, w *work, state []byte) {
	l.pop()
	if w.final {
		f.win = window{}
	} else if f.win.open {
		f.win.took(w.items, state)
	}
	f.done(now, w.items)
	f.endEarly(l)
}

// endEarly has a window whose state has become too large end before anything
// else is done.
func (f *flow) endEarly(l *lane) {
	if f.win.open && f.win.early {
		l.push(&work{final: true})
	}
}
