package shards

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sluice/store/kv"
)

// TransitionConfig says how long the states in between last, in service time.
type TransitionConfig struct {
	// Duration is for every kind of change; 0 means that a change has happened
	// when the call returns.
	Duration time.Duration
	// AWS takes the durations seen at the real service instead.
	AWS bool
}

// change is a kind of transition, as far as its duration is concerned.
type change int

const (
	creatingStream change = iota
	updatingStream
	deletingStream
	creatingConsumer
	deletingConsumer
	creatingChannel
	changingChannel // UPDATING and DELETING
)

// lasting returns how long a change takes. The real times were seen from
// outside and vary from run to run.
func (t TransitionConfig) lasting(c change) time.Duration {
	if !t.AWS {
		return t.Duration
	}
	switch c {
	case deletingStream:
		return 95 * time.Second
	case creatingConsumer, deletingConsumer, changingChannel:
		return 10 * time.Second
	case creatingChannel:
		return 15 * time.Second
	}
	return 30 * time.Second
}

// due returns when a change that begins now is over, in stored form.
func (s *Streams) due(c change, now time.Time) int64 {
	return millis(now.Add(s.config.Transition.lasting(c)))
}

// starting puts a change off: now (may be nil) takes effect at once, then (may
// be nil) when the stream has been in the status for its time.
func (s *Streams) starting(status string, c change, at time.Time, now, then command) (command, error) {
	n, err := wrap(now)
	if err != nil {
		return nil, err
	}
	t, err := wrap(then)
	if err != nil {
		return nil, err
	}
	return &begin{Status: status, Due: s.due(c, at), Now: n, Then: t}, nil
}

// updating is starting for the usual case.
func (s *Streams) updating(at time.Time, now, then command) (command, error) {
	return s.starting(statusUpdating, updatingStream, at, now, then)
}

// change makes one change to a stream. check looks at the view and either
// refuses or returns a command; a nil command means that there is nothing to
// do. Should another writer come between, check is asked again. When the
// change is due at once, it has landed on return, unless the store fails just then.
func (s *Streams) change(ctx context.Context, st *stream, check func(v *view, now time.Time) (command, error)) error {
	return s.changeBy(ctx, st, s.clock.Now, check)
}

// changeBy is change by a clock of the caller's, for what became due at a time
// that service time may have left behind.
func (s *Streams) changeBy(ctx context.Context, st *stream, clock func() time.Time, check func(v *view, now time.Time) (command, error)) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	for {
		v, now := st.view.Load(), clock()
		if v.gone {
			return errNoStream(st.key)
		}
		c, err := check(v, now)
		if err != nil || c == nil {
			return err
		}
		// From here on a client that hangs up changes nothing.
		ctx = context.WithoutCancel(ctx)
		switch err := s.commit(ctx, st, c, now); {
		case errors.Is(err, kv.ErrConflict):
			if err := s.reload(ctx, st); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		s.landDue(ctx, st, now)
		return nil
	}
}

// landDue lands what a change that was made has due at once. Should that fail, the
// change is made nevertheless, and its caller is told so: the timer goes on
// trying, as with a change that is due later. st.mu is held.
func (s *Streams) landDue(ctx context.Context, st *stream, at time.Time) {
	if err := s.settle(ctx, st, at); err != nil {
		s.config.Logger.Error("a change of a stream is held up", "stream", st.key.name, "error", err)
	}
	s.arm(st)
}

// commit proposes a command on the current view and shows its outcome. st.mu
// is held.
func (s *Streams) commit(ctx context.Context, st *stream, c command, at time.Time) error {
	v := st.view.Load()
	proposal, err := propose(st.key.entity(), v.version, c, at)
	if err != nil {
		return err
	}
	value, err := s.catalog.Propose(ctx, proposal)
	if err != nil {
		return fmt.Errorf("change stream %s: %w", st.key.name, err)
	}
	return s.install(st, value)
}

// reload shows what another writer stored. st.mu is held.
func (s *Streams) reload(ctx context.Context, st *stream) error {
	value, err := s.catalog.Get(ctx, st.key.entity())
	if err != nil {
		return fmt.Errorf("read stream %s: %w", st.key.name, err)
	}
	return s.install(st, value)
}

// install shows a stored value. st.mu is held, and who holds it arms the timer
// when nothing due is left.
func (s *Streams) install(st *stream, value kv.Value) error {
	old := st.view.Load()
	if value.State == nil {
		s.mu.Lock()
		delete(s.streams, st.key)
		s.mu.Unlock()
		s.disarm(st)
		st.trim.stop()
		st.scaling.stop()
		st.show(&view{state: old.state, layout: &layout{}, gone: true, replaced: make(chan struct{})})
		s.changes.of(st.key)
		return nil
	}
	state, err := decodeState(value.State)
	if err != nil {
		return fmt.Errorf("stream %s: %w", st.key.name, err)
	}
	next := &view{version: value.Version, state: state, layout: old.layout, policy: state.scalePolicy(), replaced: make(chan struct{})}
	if !slices.Equal(state.Shards, old.state.Shards) {
		next.layout = newLayout(state, old.layout, true)
	}
	st.show(next)
	s.changes.of(st.key)
	s.planTrim(st, old.state, state)
	s.planLook(st, next)
	return nil
}

// settle lands everything that is due at a time. st.mu is held.
func (s *Streams) settle(ctx context.Context, st *stream, at time.Time) error {
	for {
		v := st.view.Load()
		if v.gone {
			return nil
		}
		c, when, err := s.landing(ctx, st, v.state, at)
		if err != nil || c == nil {
			return err
		}
		switch err := s.commit(ctx, st, c, when); {
		case errors.Is(err, kv.ErrConflict):
			if err := s.reload(ctx, st); err != nil {
				return err
			}
		case err != nil:
			return err
		}
	}
}

// landing does what must happen before a due change takes effect, and returns
// the command that makes it so and when it does, which is when it was due,
// however late somebody finds it; nil when nothing is due.
func (s *Streams) landing(ctx context.Context, st *stream, state *streamState, at time.Time) (command, time.Time, error) {
	for _, c := range state.Consumers {
		if c.Due != 0 && c.Due <= millis(at) {
			return &landConsumer{Name: c.Name, Created: c.Created}, timeOf(c.Due), nil
		}
	}
	p := state.Pending
	if p == nil || p.Due > millis(at) {
		return nil, at, nil
	}
	at = timeOf(p.Due)
	if p.Kind == "" {
		return new(land), at, nil
	}
	then, err := unwrap(p.Kind, p.Body)
	if err != nil {
		return nil, at, err
	}
	switch c := then.(type) {
	case *openShards:
		indexes := make([]uint32, c.Count)
		for i := range indexes {
			indexes[i] = uint32(i)
		}
		if err := s.log.Create(ctx, logIDs(st.id, indexes)); err != nil {
			return nil, at, fmt.Errorf("create the logs of stream %s: %w", st.key.name, err)
		}
	case *removeStream:
		if err := s.bury(ctx, st.key, state); err != nil {
			return nil, at, err
		}
		if err := s.log.Delete(ctx, st.id); err != nil {
			return nil, at, fmt.Errorf("delete the records of stream %s: %w", st.key.name, err)
		}
	case *reshard:
		l, when, err := s.carryOut(ctx, st, c, at)
		return l, when, err
	}
	return new(land), at, nil
}

// nextDue is when something of a stream lands next, 0 for never.
func (st *streamState) nextDue() int64 {
	var due int64
	if st.Pending != nil {
		due = st.Pending.Due
	}
	for i := range st.Consumers {
		if d := st.Consumers[i].Due; d != 0 && (due == 0 || d < due) {
			due = d
		}
	}
	return due
}

// arm sets the timer for the next landing. st.mu is held.
func (s *Streams) arm(st *stream) {
	if st.view.Load().gone {
		return
	}
	due := st.view.Load().state.nextDue()
	if due == st.due {
		return
	}
	s.disarm(st)
	if due == 0 || s.life.Err() != nil {
		return
	}
	st.due = due
	st.timer = s.later(timeOf(due), "stream "+st.key.name, func() { s.land(st, due) })
}

// disarm stops the timer. st.mu is held.
func (s *Streams) disarm(st *stream) {
	if st.timer != nil {
		st.timer.Stop()
	}
	st.timer, st.due = nil, 0
}

// retryPause is how long a landing that failed waits before the next attempt,
// in host time. A reshard that has sealed parents must go on: puts wait for it.
const retryPause = 200 * time.Millisecond

// land is the timer's work. It tries until it succeeds or the room closes. What
// became due takes effect at that time, though the clock may be far ahead.
func (s *Streams) land(st *stream, due int64) {
	for s.life.Err() == nil {
		st.mu.Lock()
		if st.due == due {
			st.timer, st.due = nil, 0 // it has fired
		}
		err := s.settle(s.life, st, timeOf(due))
		if err == nil {
			s.arm(st)
		}
		st.mu.Unlock()
		if err == nil || s.life.Err() != nil {
			return
		}
		s.config.Logger.Error("a change of a stream is held up", "stream", st.key.name, "error", err)
		if s.config.Host.Sleep(s.life, retryPause) != nil {
			return
		}
	}
}
