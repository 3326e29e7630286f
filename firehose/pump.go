package firehose

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sluice/delivery"
	"sluice/firehose/http"
	"sluice/internal/clock"
	"sluice/store/kv"
	"sluice/store/log"
)

// storage is how long records are kept that cannot be delivered.
const storage = 24 * time.Hour

// deliveryPatience is how long one delivery may take, in host time.
const deliveryPatience = 5 * time.Minute

// retries is the pause after a delivery that failed, in service time. What ends
// an undelivered record is its storage.
func retries() delivery.Retry { return delivery.Retry{First: 5 * time.Second, Most: 5 * time.Minute} }

// pump moves the records of one stream: to the destination, and to the backup
// of original records, each in its own time.
type pump struct {
	main, backup, transform cursor
	counts                  Counts
	parts                   partitions

	mu       sync.Mutex
	progress progress // guarded by mu
}

// cursor is one way records of the log go.
type cursor struct {
	// planned lets a put see without a lock that a delivery will come.
	planned atomic.Bool
	// waiting is how many bytes were put since the last delivery began.
	waiting atomic.Int64
	// backlog is how many bytes this way has not passed.
	backlog atomic.Int64
	// trouble says why the last delivery failed, nil when it did not.
	trouble atomic.Pointer[string]

	mu      sync.Mutex
	timer   clock.Timer // guarded by mu
	due     time.Time   // guarded by mu
	stopped bool        // guarded by mu

	// work makes one delivery at a time.
	work     sync.Mutex
	attempts int // guarded by work; since the last success
	// attempt is what is to be repeated; guarded by work.
	attempt
}

// attempt is a call of a function or an endpoint that is made again, for the
// same records.
type attempt struct {
	tries int
	// end is where the records end, in the log endIn; 0: nothing is repeated.
	end   int64
	endIn uint32
	// began is when the first attempt had failed.
	began time.Time
	// settled tells that the last word is said, but not yet stored; verdict is
	// nil when the records were taken.
	settled bool
	verdict *http.Failure
	// patience is when the retries of a partition run out, zero when it is not
	// being tried again; refused is set once they have.
	patience time.Time
	refused  *failure
}

// Counts is what a stream did since the room was opened.
type Counts struct {
	IncomingRecords, IncomingBytes                     atomic.Uint64
	ReadRecords, ReadBytes                             atomic.Uint64
	Objects, Records, Bytes, Failed, Failures, Expired atomic.Uint64
	Throttled                                          atomic.Uint64
	Dropped, Relaxed                                   atomic.Uint64
	Invocations, InvocationFailures                    atomic.Uint64
}

func (p *pump) cursors() []*cursor {
	all := []*cursor{&p.main, &p.backup, &p.transform}
	for _, one := range p.each() {
		all = append(all, &one.cursor)
	}
	return all
}

func (p *pump) pause() {
	for _, c := range p.cursors() {
		c.pause()
	}
}

func (p *pump) stop() {
	for _, c := range p.cursors() {
		c.stop()
	}
}

// stop drops the plan for good.
func (c *cursor) stop() {
	c.pause()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
}

// pause drops the plan; a later one may follow.
func (c *cursor) pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil {
		c.timer.Stop()
	}
	c.planned.Store(false)
}

// way is a cursor with what it is for.
type way struct {
	stream *stream
	cursor *cursor
	// backup tells that original records go to the backup.
	backup bool
	// transform tells that records go through the function into the second log.
	transform bool
	// sort tells that records go into the logs of their partitions.
	sort bool
	// part is the partition whose log is delivered, nil without partitions.
	part *partition
}

// ways lists the ways of a stream, in the order in which records go them.
func (s *stream) ways() []way {
	d := &s.state.Load().Destination
	var out []way
	if d.transform() != nil {
		out = append(out, way{stream: s, cursor: &s.pump.transform, transform: true})
	}
	out = append(out, way{stream: s, cursor: &s.pump.main, sort: d.partitioned()})
	for _, one := range s.pump.each() {
		out = append(out, way{stream: s, cursor: &one.cursor, part: one})
	}
	if d.backup() != nil {
		out = append(out, way{stream: s, cursor: &s.pump.backup, backup: true})
	}
	return out
}

// target is the place in S3 that the way leads to.
func (w way) target(st *streamState) *s3Target {
	if w.backup {
		return st.Destination.backup()
	}
	return &st.Destination.S3
}

// position is where the way goes on in a log.
func (w way) position(shard uint32) int64 {
	w.stream.pump.mu.Lock()
	defer w.stream.pump.mu.Unlock()
	if w.part != nil {
		return w.part.state.Position
	}
	return *w.stream.pump.progress.of(w, shard)
}

// of is the place of a way in a log. What is put is passed by the function or,
// without one, by the delivery.
func (p *progress) of(w way, shard uint32) *int64 {
	switch {
	case shard == cookedLog:
		return &p.Cooked
	case w.backup:
		return &p.Backup
	}
	return &p.Main
}

// hints say when a buffer of the way closes.
func (w way) hints(st *streamState) delivery.Hints {
	if t := st.Destination.transform(); w.transform && t != nil {
		return t.hints
	}
	if w.sort {
		return delivery.Hints{Bytes: sortBytes, Age: time.Nanosecond}
	}
	if w.deliversPosts(st) {
		return hintsOf(st.Destination.HTTP.SizeMB, st.Destination.HTTP.Seconds)
	}
	return w.target(st).hints()
}

// reads lists the logs that the way reads.
func (w way) reads(st *streamState) []uint32 {
	switch {
	case w.part != nil:
		return []uint32{w.part.shard}
	case w.backup || w.transform:
		return []uint32{rawLog}
	case st.Destination.transform() != nil:
		return []uint32{cookedLog}
	}
	return []uint32{cookedLog, rawLog} // a function may have been there before
}

// hints say when a buffer closes. Zero seconds mean at once.
func (t *s3Target) hints() delivery.Hints { return hintsOf(t.SizeMB, t.Seconds) }

func hintsOf(sizeMB, seconds int32) delivery.Hints {
	return delivery.Hints{Bytes: int64(sizeMB) << 20, Age: max(time.Duration(seconds)*time.Second, time.Nanosecond)}
}

// arrived plans a delivery of what was just put.
func (f *Firehose) arrived(s *stream, now time.Time, bytes int64) {
	st := s.state.Load()
	for _, w := range s.ways() {
		if slices.Contains(w.reads(st), rawLog) {
			f.expect(w, now, bytes)
		}
	}
}

// expect plans a delivery of what has just come into a log of a way.
func (f *Firehose) expect(w way, now time.Time, bytes int64) {
	h := w.hints(w.stream.state.Load())
	w.cursor.backlog.Add(bytes)
	waiting := w.cursor.waiting.Add(bytes)
	switch {
	case waiting >= h.Bytes && waiting-bytes < h.Bytes:
		f.plan(w, now)
	case !w.cursor.planned.Load():
		f.plan(w, now.Add(h.Age))
	}
}

// plan has a way deliver at t, or earlier when that was planned.
func (f *Firehose) plan(w way, t time.Time) {
	c := w.cursor
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped || c.planned.Load() && !t.Before(c.due) {
		return
	}
	if c.timer != nil {
		c.timer.Stop()
	}
	c.planned.Store(true)
	c.due = t
	c.timer = f.later(t, "delivery of "+w.stream.key.name, func(time.Time) { f.deliver(w, t) })
}

// resume plans the delivery of what waits already: after a start, or when the
// hints have changed.
func (f *Firehose) resume(s *stream) {
	st := s.state.Load()
	if !st.active() {
		return
	}
	for _, w := range s.ways() {
		for _, shard := range w.reads(st) {
			oldest, ok, err := f.oldest(f.life, st, shard, w.position(shard))
			switch {
			case err != nil && f.life.Err() == nil:
				f.config.Logger.Error("a delivery stream could not look for records", "stream", s.key.name, "error", err)
				f.plan(w, f.config.Clock.Now().Add(retries().First))
			case ok:
				f.plan(w, oldest.opened.Add(w.hints(st).Age))
			case w.part != nil && err == nil:
				f.plan(w, f.config.Clock.Now()) // begun when the server ended; its turn takes it away
			}
		}
	}
}

// waiting is the first record that a way has not passed.
type waiting struct {
	at     time.Time // when it came into its log
	opened time.Time // when it came into the first log
	// unread tells that it is being put, and cannot be read yet.
	unread bool
}

// oldest finds the first record of a log from a position on.
func (f *Firehose) oldest(ctx context.Context, st *streamState, shard uint32, from int64) (w waiting, ok bool, err error) {
	id, now := log.ID{Stream: st.ID, Shard: shard}, f.config.Clock.Now()
	end, err := f.config.Log.Seek(ctx, id, log.Latest, time.Time{})
	if err != nil || end <= from {
		return waiting{}, false, err
	}
	page, err := f.config.Log.Read(ctx, id, from, log.Limit{Records: 1, Bytes: 1, Before: end, NotBefore: st.horizon(now)})
	if err != nil {
		return waiting{}, false, err
	}
	defer page.Release()
	switch {
	case len(page.Records) > 0:
		rec, err := unseal(&page.Records[0], st.sealed(shard))
		return waiting{at: page.Records[0].Arrival, opened: rec.stored}, err == nil, err
	case page.Next < end:
		return waiting{at: now, opened: now, unread: true}, true, nil
	}
	return waiting{}, false, nil
}

// deliver is the timer's work: what is due goes into objects, buffer by buffer,
// each with its position. What fails is tried again later.
func (f *Firehose) deliver(w way, due time.Time) {
	_, _ = f.run(f.life, w, due, false)
}

// run delivers what is due on a way, all of it when forced, and plans what
// comes next. due is when it was due, zero when somebody asks for it.
func (f *Firehose) run(ctx context.Context, w way, due time.Time, forced bool) (done Delivered, err error) {
	c := w.cursor
	if w.part != nil {
		// What came before belongs to the buffer, though it may not be sorted yet.
		// Should that fail, it is tried again by itself.
		_, _ = f.run(ctx, way{stream: w.stream, cursor: &w.stream.pump.main, sort: true}, time.Time{}, false)
	}
	c.planned.Store(false) // a put from here on plans anew
	c.waiting.Store(0)
	leave, err := f.turn(ctx, w)
	if err != nil {
		return done, err
	}
	defer leave()
	c.work.Lock()
	defer c.work.Unlock()
	limited, cancel := context.WithTimeout(ctx, deliveryPatience)
	defer cancel()
	if w.part != nil && !w.stream.pump.holds(w.part) {
		return done, nil // it was taken away, and its log may be another's now
	}
	b := &batches{room: f, way: w, forced: forced, due: due, started: f.config.Host.Now()}
	err = b.open(limited)
	switch {
	case err != nil:
	case w.transform:
		err = f.cook(limited, b)
	case w.sort:
		err = f.sort(limited, b)
	default:
		_, err = delivery.Drain(limited, f.config.Bucket, b)
	}
	if f.life.Err() != nil {
		return b.done, err // the next start goes on from the position
	}
	if err != nil {
		b.refused(w.stream.state.Load(), err)
		f.retry(b, err)
		return b.done, err
	}
	c.attempts = 0
	c.trouble.Store(nil)
	if !b.next.IsZero() {
		f.plan(w, b.next)
	}
	if w.part != nil {
		if err := f.retire(ctx, w); err != nil {
			return b.done, err
		}
	}
	if (w.part != nil || w.sort) && !w.stream.pump.trims(f.config.Clock.Now()) {
		return b.done, nil
	}
	return b.done, f.trim(ctx, w.stream)
}

// retry plans the next attempt and lets it be known. The work is held.
func (f *Firehose) retry(b *batches, err error) {
	w := b.way
	st := w.stream.state.Load()
	if !st.active() {
		return
	}
	reason := err.Error()
	w.cursor.trouble.Store(&reason)
	if !w.transform && !w.sort {
		f.recordDelivery(w, st, false, 0, 0, time.Time{})
	}
	if later := (*laterError)(nil); errors.As(err, &later) {
		f.config.Logger.Warn("a delivery stream will make an attempt again", "stream", w.stream.key.name, "attempt", w.cursor.tries, "next", later.at, "error", err)
		f.plan(w, later.at)
		return
	}
	w.cursor.attempts++
	w.stream.pump.counts.Failures.Add(1)
	now := f.config.Clock.Now()
	next, _ := retries().Next(now, now, w.cursor.attempts)
	next = b.nextTry(now, next)
	f.config.Logger.Error("a delivery stream could not deliver and will try again", "stream", w.stream.key.name,
		"bucket", w.target(st).bucket(), "attempt", w.cursor.attempts, "next", next, "error", err)
	f.plan(w, next)
}

// advance stores how far a way has come.
func (f *Firehose) advance(ctx context.Context, w way, shard uint32, position int64) error {
	if w.part != nil {
		return f.advancePart(ctx, w, position)
	}
	p := &w.stream.pump
	p.mu.Lock()
	defer p.mu.Unlock()
	next := p.progress
	next.Format = stateFormat
	at := next.of(w, shard)
	*at = max(*at, position)
	raw, err := encode(&next)
	if err != nil {
		return err
	}
	var b kv.Batch
	b.Set(w.stream.key.under(progressPrefix), raw)
	if err := f.config.Space.Commit(ctx, &b); err != nil {
		return err
	}
	p.progress = next
	return nil
}

// trim frees the records that every way has passed.
func (f *Firehose) trim(ctx context.Context, s *stream) error {
	st := s.state.Load()
	least := f.config.Clock.Now()
	for _, w := range s.ways() {
		shards := []uint32{rawLog, cookedLog}
		if w.part != nil {
			shards = []uint32{w.part.shard}
		}
		for _, shard := range shards {
			oldest, some, err := f.oldest(ctx, st, shard, w.position(shard))
			if err != nil {
				return err
			}
			if oldest.unread {
				return nil // how old it is cannot be told; the next delivery frees
			}
			if some && oldest.at.Before(least) {
				least = oldest.at
			}
		}
	}
	return f.config.Log.Trim(ctx, st.ID, least)
}

// beginBackup has a backup that is switched on begin with the records to come.
func (f *Firehose) beginBackup(ctx context.Context, s *stream, st *streamState) error {
	end, err := f.config.Log.Seek(ctx, st.log(), log.Latest, time.Time{})
	if err != nil {
		return err
	}
	return f.advance(context.WithoutCancel(ctx), way{stream: s, cursor: &s.pump.backup, backup: true}, rawLog, end)
}
