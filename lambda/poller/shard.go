package poller

import (
	"errors"
	"time"

	"sluice/internal/clock"
	"sluice/lambda/function"
)

// shard runs the flow of one shard. All of it is guarded by the poller's mu.
type shard struct {
	run    *run
	member member
	flow   *flow
	tap    *tap
	// stored is the position that was handed on to be stored last, durable the
	// one that is. The next batch waits for the checkpoint of the last, so that
	// a kill repeats one batch at most. Lanes do not wait: what they have
	// finished above the checkpoint would be repeated all the same.
	stored, durable Position

	// next is where to read on.
	next    spot
	reading bool
	// unwait ends the waiting at the tip, nil while there is none; waited is
	// set from the end of the waiting to the page that ended it.
	unwait func()
	waited bool
	// notBefore is when to read again after trouble.
	notBefore time.Time
	troubles  int
	trouble   string
	// hungry is set while it waits for memory to read on.
	hungry bool
	// roomy tells a subscription that there is room.
	roomy chan struct{}

	timer clock.Timer
	due   time.Time
	gone  bool // all is finished, or the run is halted
}

func newShard(r *run, m member, at Position) *shard {
	s := &shard{run: r, member: m, stored: at, durable: at, next: spot{after: at.After, at: at.At}, roomy: make(chan struct{}, 1)}
	s.flow = newFlow(r.mapping, newTemplate(r.mapping, m.id), r.p.config.Retry, &r.p.stats, at.After)
	s.flow.readers = r.p.config.Readers
	s.tap = r.p.config.Readers.open(r.stream.of(m.id))
	return s
}

// begin reads, one way or the other.
func (s *shard) begin() {
	if !s.run.fanout() {
		s.pump()
		return
	}
	s.run.subscribed++
	s.run.p.work.Go(s.subscribe)
}

func (s *shard) halt() {
	s.gone = true
	if s.hungry {
		s.run.p.config.Readers.memory.leave(s)
	}
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if s.unwait != nil {
		s.unwait()
		s.unwait = nil
	}
}

func (s *shard) close() {
	s.halt()
	s.run.p.config.Readers.close(s.tap)
}

// pump does whatever can be done now. It is called after everything that happens.
func (s *shard) pump() {
	s.keep()
	if s.gone {
		return
	}
	now := s.run.now()
	if s.free() {
		for j, ok := s.flow.next(now); ok; j, ok = s.flow.next(now) {
			s.start(j, now)
		}
	}
	s.read(now)
	s.sleep(now)
}

// free reports whether the next batch may begin.
func (s *shard) free() bool { return s.durable == s.stored || len(s.flow.lanes) > 1 }

// keep has the checkpoint stored when it has moved.
func (s *shard) keep() {
	at := s.stored
	if s.flow.checkpoint != at.After {
		at.After, at.At = s.flow.checkpoint, 0
	}
	at.Finished = s.flow.finished()
	if at == s.stored {
		return
	}
	s.stored = at
	s.run.p.note(map[string]Position{s.member.id: at})
	if at.Finished {
		s.close()
		delete(s.run.shards, s.member.id)
	}
}

// start does a job of the flow.
func (s *shard) start(j job, now time.Time) {
	p := s.run.p
	id := p.config.Dice.UUID().String()
	if j.deliver {
		p.spawn(func() {
			err := p.config.Failures.Deliver(p.life, s.flow.failureOf(now, j, id))
			s.report(err, func(now time.Time) { s.flow.delivered(now, j, err) })
		})
		return
	}
	j.work.requestID = id
	p.spawn(func() {
		m, event := s.run.mapping, s.flow.t.event(j.work.items, j.window)
		p.config.Readers.charge(len(event))
		defer p.config.Readers.charge(-len(event))
		result, err := p.config.Invoker.Invoke(p.life, function.Invocation{Account: m.Account, Region: m.Region, Name: m.Function,
			Qualifier: m.Qualifier, RequestID: id, Payload: event})
		s.report(err, func(now time.Time) { s.flow.answered(now, j, result, err) })
	})
}

// report tells the flow what became of a job.
func (s *shard) report(err error, f func(now time.Time)) {
	p := s.run.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil && p.life.Err() != nil {
		return // the poller is being stopped, and calls fail because of that
	}
	f(s.run.now())
	s.pump()
}

// sleep sets the timer for the next time there is something to do.
func (s *shard) sleep(now time.Time) {
	var due time.Time
	if s.free() {
		due = s.flow.due(now)
	}
	if now.Before(s.notBefore) && (due.IsZero() || s.notBefore.Before(due)) {
		due = s.notBefore
	}
	if s.timer != nil && due.Equal(s.due) {
		return
	}
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if due.IsZero() {
		return
	}
	s.due = due
	s.timer = s.run.p.later(due, func() {
		if s.gone {
			return
		}
		s.timer = nil
		s.pump()
	})
}

// read reads when there is room and nothing to wait for.
func (s *shard) read(now time.Time) {
	if s.flow.room() == 0 && s.starved() {
		return
	}
	if s.run.fanout() {
		select {
		case s.roomy <- struct{}{}:
		default:
		}
		return
	}
	if s.reading || s.unwait != nil || now.Before(s.notBefore) {
		return
	}
	s.reading = s.run.p.spawn(s.readOn)
}

// starved reports whether there is no room to read on. If it is memory that is
// missing, it sees to it that the shard is told of some.
func (s *shard) starved() bool {
	if s.flow.wants() > 0 && !s.hungry {
		s.hungry = s.run.p.config.Readers.memory.await(s)
		return s.hungry
	}
	return true
}

// fed is called when there is memory again.
func (s *shard) fed() {
	p := s.run.p
	p.mu.Lock()
	defer p.mu.Unlock()
	s.hungry = false
	if !s.gone {
		s.pump()
	}
}

// readOn reads until there is no room, nothing more, or trouble.
func (s *shard) readOn() {
	p := s.run.p
	p.mu.Lock()
	defer p.mu.Unlock()
	for !s.gone {
		room := s.flow.room()
		if room == 0 {
			break
		}
		from, share := s.next, s.flow.expects(room)
		p.config.Readers.charge(share) // or all that begin together would read as if alone
		p.mu.Unlock()
		page, err := p.config.Readers.read(s.run.ctx, s.tap, from, room)
		var items []item
		if err == nil {
			items = s.flow.prepare(page.records)
		}
		p.mu.Lock()
		over := s.gone || err == nil && !s.take(page, items)
		p.config.Readers.charge(-share)
		if over {
			break
		}
		if err != nil {
			s.failed(err)
			break
		}
	}
	s.reading = false
	if !s.gone {
		s.pump()
	}
}

// take hands a page to the flow and reports whether to read on at once.
func (s *shard) take(page pageRead, items []item) bool {
	now := s.run.now()
	s.next, s.troubles, s.trouble = page.next, 0, ""
	waited := s.waited
	s.waited = false
	s.flow.tip = !page.more
	if page.ended {
		s.flow.end()
	}
	s.flow.offer(now, items, waited)
	if page.ended || page.more {
		if !page.ended {
			s.pump()
		}
		return !page.ended
	}
	unwait, waiting := s.run.p.config.Readers.wait(s.tap, page.mark, s.woken)
	if !waiting {
		s.flow.tip = false
		s.pump()
		return true
	}
	s.unwait = unwait
	return false
}

// woken is called when a shard whose tip was reached can be read further.
func (s *shard) woken() {
	p := s.run.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.gone {
		return
	}
	s.unwait, s.waited, s.flow.tip = nil, true, false
	s.pump()
}

// failed puts reading off, or ends it when there is nothing to read any more.
func (s *shard) failed(err error) {
	p := s.run.p
	if p.life.Err() != nil || s.run.ctx.Err() != nil {
		return
	}
	var paced *pacedError
	switch {
	case errors.As(err, &paced):
		s.trouble, s.notBefore = "", paced.until
		return
	case codeOf(err) == "ResourceNotFoundException":
		if p.config.Readers.config.Tips.Mark(p.life, s.tap.key.stream, "") == 0 {
			s.run.lost()
			return
		}
		// The shard has expired, or else the consumer is not there.
		if _, err := p.config.Readers.config.Tips.Tip(p.life, s.tap.key.stream, s.member.id); codeOf(err) == "ResourceNotFoundException" {
			s.flow.end()
			return
		}
	}
	s.troubles++
	s.trouble = err.Error()
	s.notBefore = s.run.now().Add(p.config.Retry.pause(s.troubles))
}

// status tells what is done with the shard.
func (s *shard) status(now time.Time) ShardStatus {
	st := s.flow.status(now)
	if s.trouble != "" {
		st.LastError = s.trouble
	}
	if now.Before(s.notBefore) && st.WaitingFor == "records" {
		st.WaitingFor = "the next read"
	}
	return st
}
