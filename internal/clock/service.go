package clock

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed is what Sleep returns when the clock is closed under it.
var ErrClosed = errors.New("the clock is closed")

// ServiceOptions says how a service clock starts.
type ServiceOptions struct {
	// Offset is added to host time while the clock runs.
	Offset time.Duration
	// Frozen starts the clock standing still.
	Frozen bool
	// At is the instant a frozen clock shows, host time plus Offset when
	// zero. A running clock never shows less than At: it raises its offset
	// instead, which keeps time from going back over a restart.
	At time.Time
}

// Service is the movable clock. It runs ahead of host time (or behind it, after
// it was frozen for a while) by an offset, or stands still.
type Service struct {
	host  Clock
	queue *queue
	// reading is what Now works from. It is nil for the instant of a change;
	// Now then waits for mu. Readers look twice: a pointer that did not change
	// around the reading of the host clock proves that no change lies between,
	// so time cannot appear to go back from one goroutine to another.
	reading atomic.Pointer[reading]

	mu     sync.Mutex
	wake   Timer                // guarded by queue.mu
	save   func(State) error    // guarded by mu
	holds  map[*string]struct{} // guarded by mu; the key points to what is waited for
	event  chan struct{}        // guarded by mu; closed and renewed when a hold ends
	ended  chan struct{}
	ending sync.Once
}

// reading is an immutable rule for telling the time.
type reading struct {
	frozen bool
	at     time.Time // when frozen
	offset time.Duration
}

// Mode of a service clock.
const (
	Running = "running"
	Frozen  = "frozen"
)

// State is what a service clock shows about itself.
type State struct {
	Now    time.Time
	Mode   string
	Offset time.Duration
	// Next is when the next timer is due, nil when none is pending.
	Next *time.Time
}

// NewService returns a movable clock over host. Close it when its users are gone.
func NewService(host Clock, o ServiceOptions) *Service {
	s := &Service{host: host, holds: map[*string]struct{}{}, event: make(chan struct{}), ended: make(chan struct{})}
	now := host.Now()
	r := &reading{frozen: o.Frozen, offset: o.Offset, at: o.At}
	switch {
	case o.Frozen && o.At.IsZero():
		r.at = now.Add(o.Offset)
	case o.At.After(now.Add(o.Offset)):
		r.offset = o.At.Sub(now)
	}
	r.at = r.at.UTC().Round(0)
	s.reading.Store(r)
	s.queue = newQueue(s.Now, s.arm)
	return s
}

// NewManual returns a service clock for tests: frozen at start, moved only by
// its test. Waiting for holds is the one thing it does in real time.
func NewManual(start time.Time) *Service {
	return NewService(Host(), ServiceOptions{Frozen: true, At: start})
}

// Now implements Clock. It takes no lock unless the clock is being changed at
// that very moment.
func (s *Service) Now() time.Time {
	for {
		r := s.reading.Load()
		if r == nil {
			s.mu.Lock()
			r = s.reading.Load()
			s.mu.Unlock()
			if r == nil {
				continue
			}
		}
		if r.frozen {
			return r.at
		}
		t := r.show(s.host)
		if s.reading.Load() == r {
			return t
		}
	}
}

func (r *reading) show(host Clock) time.Time {
	if r.frozen {
		return r.at
	}
	return host.Now().Add(r.offset)
}

// change swaps the reading for what next makes of it. Between nil and the new
// value no reader gets past Now, so next sees the latest time ever shown.
func (s *Service) change(next func(old reading) reading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.reading.Swap(nil)
	r := next(*old)
	s.reading.Store(&r)
}

// Sleep implements Clock. A sleeper is woken in its turn when the clock is
// moved. The mover does not wait for what the sleeper does next unless that
// is announced by a Hold taken before the sleep.
func (s *Service) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	woken := make(chan struct{})
	timer := s.At(s.Now().Add(d), func() { close(woken) })
	defer timer.Stop()
	select {
	case <-woken:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.ended:
		return ErrClosed
	}
}

// At implements Clock. Calls must not move, freeze, resume or close the clock
// they run on.
func (s *Service) At(t time.Time, f func()) Timer { return s.queue.at(t, f) }

// arm asks the host for a wake. A frozen clock needs none: whoever moves or
// resumes it looks at what is due.
func (s *Service) arm(at time.Time) {
	if s.wake != nil {
		s.wake.Stop()
		s.wake = nil
	}
	r := s.reading.Load()
	if r == nil || r.frozen {
		// nil: a change is under way, and every change ends with a plan.
		return
	}
	s.wake = s.host.At(at.Add(-r.offset), s.queue.plan)
}

// Hold announces work that a mover of the clock should wait for. what is
// shown to people while it lasts. Calling release twice is allowed.
func (s *Service) Hold(what string) (release func()) {
	key := &what
	s.mu.Lock()
	s.holds[key] = struct{}{}
	s.mu.Unlock()
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, held := s.holds[key]; !held {
			return
		}
		delete(s.holds, key)
		close(s.event)
		s.event = make(chan struct{})
	}
}

// SaveTo has f called with every state the clock is about to take, before it
// takes it. An error from f refuses the change.
func (s *Service) SaveTo(f func(State) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.save = f
}

// State returns what the clock shows now.
func (s *Service) State() State {
	st := State{Now: s.Now(), Mode: Running}
	if r := s.reading.Load(); r != nil && r.frozen {
		st.Mode = Frozen
		st.Offset = st.Now.Sub(s.host.Now())
	} else if r != nil {
		st.Offset = r.offset
	}
	if next, ok := s.queue.next(); ok {
		st.Next = &next
	}
	return st
}

// Close drops pending calls, wakes sleepers with ErrClosed and returns when
// the call that may be running has ended. Now keeps working.
func (s *Service) Close() {
	s.ending.Do(func() { close(s.ended) })
	s.queue.close()
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	if s.wake != nil {
		s.wake.Stop()
		s.wake = nil
	}
}

// waitingLocked names the holds, sorted, each once. mu is held.
func (s *Service) waitingLocked() []string {
	names := make([]string, 0, len(s.holds))
	for key := range maps.Keys(s.holds) {
		names = append(names, *key)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
