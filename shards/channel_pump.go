package shards

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"sluice/delivery"
	"sluice/internal/clock"
)

// The buffer of a channel is the log itself: a put only plans when what waits
// is to be delivered, and that delivery reads it. So nothing is held in memory
// meanwhile, a killed server has lost nothing, and a channel that nobody
// writes to costs nothing, however far the clock is moved.

// objectBytes is how much a buffer holds at most, and so an object. It bounds
// the memory of a delivery.
const objectBytes = 16 << 20

// recordWeight is what a record counts besides its data, so that a buffer of
// empty ones ends too.
const recordWeight = 32

// putPatience is how long a bucket may take to answer, in host time. Behind
// it may be another machine.
const putPatience = time.Minute

// patient is a bucket that is not waited for longer.
type patient struct{ delivery.Bucket }

// PutObject implements delivery.Bucket.
func (p patient) PutObject(ctx context.Context, o delivery.Object) error {
	ctx, cancel := context.WithTimeout(ctx, putPatience)
	defer cancel()
	return p.Bucket.PutObject(ctx, o)
}

// HeadBucket implements delivery.Bucket.
func (p patient) HeadBucket(ctx context.Context, at delivery.Place) error {
	ctx, cancel := context.WithTimeout(ctx, putPatience)
	defer cancel()
	return p.Bucket.HeadBucket(ctx, at)
}

// channelRetry is the pause after a delivery that failed, in service time. It
// never gives up: what ends an undelivered record is the stream's retention.
func channelRetry() delivery.Retry {
	return delivery.Retry{First: 5 * time.Second, Most: 5 * time.Minute}
}

// pump is what moves the records of one channel.
type pump struct {
	// planned lets a put see without a lock that a delivery will come.
	planned atomic.Bool
	// bytes is what was put since the last delivery began.
	bytes atomic.Int64
	// oldest is when the oldest record that waits arrived, in milliseconds since
	// 1970; 0 when nothing waits.
	oldest atomic.Int64
	// trouble says why the last delivery failed, nil when it did not.
	trouble atomic.Pointer[string]
	counts  channelCounts

	mu      sync.Mutex
	timer   clock.Timer // guarded by mu
	due     time.Time   // guarded by mu
	stopped bool        // guarded by mu

	// work makes one delivery at a time.
	work     sync.Mutex
	attempts int // guarded by work; since the last success
}

// channelCounts is what a channel did since the room was opened.
type channelCounts struct {
	records, bytes, objects, stored, dead, failed, expired atomic.Uint64
}

// pause drops the plan; a later one may follow.
func (p *pump) pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
	}
	p.planned.Store(false)
}

// stop drops the plan for good.
func (p *pump) stop() {
	p.pause()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
}

// feed tells the channels of a stream that records were written at a time.
func (s *Streams) feed(p *put, now time.Time) {
	fed := p.stream.channels()
	if fed == nil {
		return
	}
	size, any := int64(0), false
	for i := range p.results {
		if p.results[i].err == nil {
			size, any = size+int64(len(p.records[i].Data))+recordWeight, true
		}
	}
	if !any {
		return
	}
	for _, c := range fed {
		s.arrived(c, now, size)
	}
}

// arrived plans a delivery: when the record is as old as the channel allows,
// or now if a buffer is full.
func (s *Streams) arrived(c *channel, now time.Time, size int64) {
	st := c.view.Load().state
	if !st.delivers() {
		return
	}
	c.pump.waits(millis(now))
	waiting := c.pump.bytes.Add(size)
	switch {
	case waiting >= objectBytes && waiting-size < objectBytes:
		s.planDelivery(c, now)
	case !c.pump.planned.Load():
		s.planDelivery(c, now.Add(st.hints().Age))
	}
}

// waits notes a record that waits.
func (p *pump) waits(arrival int64) {
	for old := p.oldest.Load(); old == 0 || arrival < old; old = p.oldest.Load() {
		if p.oldest.CompareAndSwap(old, arrival) {
			return
		}
	}
}

// hints say when a buffer of the channel closes.
func (st *channelState) hints() delivery.Hints {
	return delivery.Hints{Bytes: objectBytes, Age: time.Duration(st.Freshness) * time.Second}
}

// planDelivery has a channel deliver at t, or earlier when that was planned.
func (s *Streams) planDelivery(c *channel, t time.Time) {
	p := &c.pump
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped || p.planned.Load() && !t.Before(p.due) {
		return
	}
	if p.timer != nil {
		p.timer.Stop()
	}
	p.planned.Store(true)
	p.due = t
	p.timer = s.later(t, "delivery of channel "+c.view.Load().state.Name, func() { s.deliver(c) })
}

// resume plans the delivery of what waits already: after a start, when a
// channel becomes ACTIVE, when it is to be fresher.
func (s *Streams) resume(c *channel) {
	st := c.view.Load().state
	if !st.delivers() || s.bucket() == nil {
		return
	}
	oldest, ok, err := s.oldestWaiting(s.life, c, st)
	if err != nil && s.life.Err() == nil {
		s.config.Logger.Error("a channel could not look for records", "channel", st.Name, "stream", st.Stream, "error", err)
		s.planDelivery(c, s.clock.Now().Add(channelRetry().First))
		return
	}
	if due, any := st.hints().Due(oldest); ok && any {
		c.pump.waits(millis(oldest.Opened))
		s.planDelivery(c, due)
	}
}

// deliver is the timer's work: all that waits goes into objects, buffer by
// buffer, each with its checkpoint. What fails is tried again later.
func (s *Streams) deliver(c *channel) {
	c.pump.planned.Store(false) // a put from here on plans anew
	c.pump.bytes.Store(0)
	c.pump.work.Lock()
	defer c.pump.work.Unlock()
	select {
	case s.channels.turns <- struct{}{}:
		defer func() { <-s.channels.turns }()
	case <-s.life.Done():
		return
	}
	to := s.bucket()
	if to == nil {
		return // Deliver will look again
	}
	held := c.pump.oldest.Swap(0)
	from, err := s.newChannelSource(s.life, c)
	if err == nil {
		_, err = delivery.Drain(s.life, patient{to}, from)
	}
	if s.life.Err() != nil {
		return // the next start goes on from the checkpoint
	}
	if err == nil {
		c.pump.attempts = 0
		c.pump.trouble.Store(nil)
		return
	}
	if held != 0 {
		c.pump.waits(held)
	}
	s.deliverLater(c, err)
}

// deliverLater plans the next attempt and lets it be known. c.pump.work is held.
func (s *Streams) deliverLater(c *channel, err error) {
	st := c.view.Load().state
	if c.view.Load().gone || !st.delivers() {
		return
	}
	c.pump.attempts++
	c.pump.counts.failed.Add(1)
	now := s.clock.Now()
	next, _ := channelRetry().Next(now, now, c.pump.attempts)
	reason := "Delivery failed and will be tried again: " + err.Error()
	c.pump.trouble.Store(&reason)
	s.config.Logger.Error("a channel could not deliver and will try again", "channel", st.Name, "stream", st.Stream,
		"bucket", bucketName(st.Bucket.ARN), "attempt", c.pump.attempts, "next", next, "error", err)
	s.planDelivery(c, next)
}
