package clock

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sluice/internal/must"
)

// Errors of a mover.
var (
	// ErrBack refuses a move into the past.
	ErrBack = errors.New("service time never goes back")
	// ErrFar refuses a move beyond Horizon.
	ErrFar = errors.New("service time cannot be moved that far")

	errLate = errors.New("the wait is over")
)

// Horizon is the first instant that service time cannot be moved to. It keeps
// every difference of two times within a time.Duration.
var Horizon = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

// Report tells what a move did.
type Report struct {
	// Fired is how many timers ran.
	Fired int
	// Settled is true when nothing that became due is still being worked on.
	Settled bool
	// WaitingOn names the work that was not done in time.
	WaitingOn []string
}

// Freeze stops the clock where it is.
func (s *Service) Freeze() error {
	s.queue.turn <- struct{}{}
	defer s.pass()
	if err := s.keep(State{Now: s.Now(), Mode: Frozen}); err != nil {
		return err
	}
	s.change(func(old reading) reading { return reading{frozen: true, at: old.show(s.host)} })
	return nil
}

// Resume lets a frozen clock run on from where it stands.
func (s *Service) Resume() error {
	s.queue.turn <- struct{}{}
	defer s.pass()
	now := s.Now()
	if err := s.keep(State{Now: now, Mode: Running, Offset: now.Sub(s.host.Now())}); err != nil {
		return err
	}
	s.change(func(old reading) reading {
		if !old.frozen {
			return old
		}
		return reading{offset: old.at.Sub(s.host.Now())}
	})
	return nil
}

// Set moves the clock to t. See Advance.
func (s *Service) Set(ctx context.Context, t time.Time, wait time.Duration) (Report, error) {
	return s.move(ctx, wait, func(now time.Time) time.Duration { return t.Sub(now) })
}

// Advance moves the clock by d. It steps through the timers that become due in
// the order of their times, those that timers add included, and runs each
// before the next. Then it waits until all holds are released, at most wait of
// host time. Holds are awaited at the end and not between steps, because work
// that is held may itself sleep until a later step.
//
// A nil error means that the clock was moved; the report tells how far the
// work that became due has come.
func (s *Service) Advance(ctx context.Context, d, wait time.Duration) (Report, error) {
	return s.move(ctx, wait, func(time.Time) time.Duration { return d })
}

// AdvanceNext moves the clock to its next timer; without one it stays.
func (s *Service) AdvanceNext(ctx context.Context, wait time.Duration) (Report, error) {
	return s.move(ctx, wait, func(now time.Time) time.Duration {
		next, ok := s.queue.next()
		if !ok {
			return 0
		}
		return max(0, next.Sub(now))
	})
}

// stepWait is longer than the slowest step of a test takes on a machine thirty
// times as slow as ours, and ends what hangs before go test does.
const stepWait = 5 * time.Minute

// Step is Advance for tests: it waits five minutes of host time at most and
// treats an error as a broken test.
func (s *Service) Step(d time.Duration) Report {
	report, err := s.Advance(context.Background(), d, stepWait)
	must.Hold(err == nil, "cannot step the clock by %v: %v", d, err)
	return report
}

func (s *Service) move(ctx context.Context, wait time.Duration, by func(now time.Time) time.Duration) (Report, error) {
	late, stop := s.deadline(wait)
	defer stop()
	if err := s.take(ctx, nil); err != nil {
		return Report{}, err
	}
	before := s.queue.count()
	goal, err := s.aim(by)
	if err != nil {
		s.pass()
		return Report{}, err
	}
	s.step(goal, late)
	report, err := s.settle(ctx, wait, late)
	report.Fired = s.queue.count() - before
	return report, err
}

// deadline returns a channel that closes after wait of host time, nil (never)
// when wait is zero.
func (s *Service) deadline(wait time.Duration) (late <-chan struct{}, stop func()) {
	if wait <= 0 {
		return nil, func() {}
	}
	ch := make(chan struct{})
	timer := s.host.At(s.host.Now().Add(wait), func() { close(ch) })
	return ch, func() { timer.Stop() }
}

// take takes the turn.
func (s *Service) take(ctx context.Context, late <-chan struct{}) error {
	select {
	case s.queue.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.ended:
		return ErrClosed
	case <-late:
		return errLate
	}
}

// notLate drops errLate: a mover whose wait is over reports that, it has not failed.
func notLate(err error) error {
	if errors.Is(err, errLate) {
		return nil
	}
	return err
}

// pass gives the turn back and sees to what is due by now.
func (s *Service) pass() {
	<-s.queue.turn
	s.queue.plan()
}

// aim checks a move and has it saved. The turn is held.
func (s *Service) aim(by func(now time.Time) time.Duration) (reading, error) {
	now := s.Now()
	d := by(now)
	if d < 0 {
		return reading{}, fmt.Errorf("%w: it is %s now", ErrBack, now.Format(time.RFC3339Nano))
	}
	target := now.Add(d)
	if !target.Before(Horizon) || target.Before(now) {
		return reading{}, fmt.Errorf("%w: it ends before %s", ErrFar, Horizon.Format(time.RFC3339))
	}
	goal := *s.reading.Load()
	st := State{Now: target, Mode: Running}
	if goal.frozen {
		goal.at, st.Mode = target, Frozen
	} else {
		goal.offset += d
		st.Offset = goal.offset
	}
	return goal, s.keep(st)
}

// keep hands a state to whoever stores it.
func (s *Service) keep(st State) error {
	s.mu.Lock()
	save := s.save
	s.mu.Unlock()
	if save == nil {
		return nil
	}
	if err := save(st); err != nil {
		return fmt.Errorf("save the clock: %w", err)
	}
	return nil
}

// step brings the clock to goal, timer by timer. When it gets late it jumps;
// what is left then runs on the clock's own goroutine. The turn is held.
func (s *Service) step(goal reading, late <-chan struct{}) {
	for !closed(late) {
		next, ok := s.queue.next()
		if !ok || next.After(goal.show(s.host)) {
			break
		}
		s.raise(next)
		s.queue.fire(next)
	}
	s.change(func(reading) reading { return goal })
}

// raise moves the clock up to t when it is not there yet.
func (s *Service) raise(t time.Time) {
	s.change(func(old reading) reading {
		switch {
		case old.frozen && t.After(old.at):
			old.at = t
		case !old.frozen:
			old.offset = max(old.offset, t.Sub(s.host.Now()))
		}
		return old
	})
}

// settle waits until nothing is due, running or held. It is called with the
// turn and gives it back, so that time goes on while it waits for holds.
func (s *Service) settle(ctx context.Context, wait time.Duration, late <-chan struct{}) (Report, error) {
	for {
		for !closed(late) && s.queue.fire(s.Now()) {
		}
		// Holds first: held work adds its next call before it lets go, so that
		// the other way round both looks could miss it.
		s.mu.Lock()
		report := Report{WaitingOn: s.waitingLocked()}
		event := s.event
		s.mu.Unlock()
		next, ok := s.queue.next()
		due := ok && !next.After(s.Now())
		report.Settled = !due && len(report.WaitingOn) == 0
		s.pass()
		if report.Settled || wait <= 0 || closed(late) {
			return report, nil
		}
		// Without a hold something is due that was added after the last call: run it.
		if len(report.WaitingOn) > 0 {
			select {
			case <-event:
			case <-late:
				return report, nil
			case <-s.ended:
				return report, ErrClosed
			case <-ctx.Done():
				return report, ctx.Err()
			}
		}
		if err := s.take(ctx, late); err != nil {
			return report, notLate(err)
		}
	}
}

func closed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}
