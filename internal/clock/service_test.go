package clock

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// fakeHost is a host clock a test sets by hand: a frozen Service, moved alone.
func fakeHost(t *testing.T) *Service {
	t.Helper()
	h := NewManual(noon)
	t.Cleanup(h.Close)
	return h
}

func manual(t *testing.T) *Service {
	t.Helper()
	s := NewManual(noon)
	t.Cleanup(s.Close)
	return s
}

func TestFrozenClockStandsStill(t *testing.T) {
	s := manual(t)
	require.Equal(t, noon, s.Now())
	require.Equal(t, Frozen, s.State().Mode)
	s.Step(25 * time.Hour)
	require.Equal(t, noon.Add(25*time.Hour), s.Now())
	require.Equal(t, noon.Add(25*time.Hour), s.Now())
}

func TestRunningClockKeepsItsOffset(t *testing.T) {
	host := fakeHost(t)
	s := NewService(host, ServiceOptions{Offset: time.Hour})
	t.Cleanup(s.Close)
	host.Step(time.Minute)
	require.Equal(t, noon.Add(time.Hour+time.Minute), s.Now())
	s.Step(24 * time.Hour)
	require.Equal(t, "25h0m0s", s.State().Offset.String())
	require.Equal(t, noon.Add(25*time.Hour+time.Minute), s.Now())

	require.NoError(t, s.Freeze())
	host.Step(time.Hour)
	require.Equal(t, noon.Add(25*time.Hour+time.Minute), s.Now())
	require.Equal(t, 24*time.Hour, s.State().Offset)
	require.NoError(t, s.Resume())
	require.Equal(t, noon.Add(25*time.Hour+time.Minute), s.Now())
	host.Step(time.Second)
	require.Equal(t, noon.Add(25*time.Hour+time.Minute+time.Second), s.Now())
	require.Equal(t, 24*time.Hour, s.State().Offset)
}

func TestStartNeverBeforeAt(t *testing.T) {
	host := fakeHost(t)
	s := NewService(host, ServiceOptions{Offset: time.Hour, At: noon.Add(3 * time.Hour)})
	t.Cleanup(s.Close)
	require.Equal(t, noon.Add(3*time.Hour), s.Now())
	require.Equal(t, 3*time.Hour, s.State().Offset)
}

func TestTimeNeverGoesBack(t *testing.T) {
	s := manual(t)
	_, err := s.Set(t.Context(), noon.Add(-time.Nanosecond), 0)
	require.ErrorIs(t, err, ErrBack)
	_, err = s.Advance(t.Context(), -1, 0)
	require.ErrorIs(t, err, ErrBack)
	_, err = s.Set(t.Context(), Horizon, 0)
	require.ErrorIs(t, err, ErrFar)
	require.Equal(t, noon, s.Now())
	_, err = s.Set(t.Context(), noon, 0)
	require.NoError(t, err)
}

func TestTimersRunInOrderEachAtItsTime(t *testing.T) {
	s := manual(t)
	var seen []string
	note := func(name string) func() {
		return func() { seen = append(seen, fmt.Sprint(name, " ", s.Now().Sub(noon))) }
	}
	s.At(noon.Add(3*time.Hour), note("c"))
	s.At(noon.Add(time.Hour), note("a"))
	s.At(noon.Add(time.Hour), func() {
		note("b")()
		s.At(noon.Add(2*time.Hour), note("added"))
		s.At(noon, note("overdue"))
	})
	s.At(noon.Add(5*time.Hour), note("later"))
	stopped := s.At(noon.Add(2*time.Hour), note("stopped"))
	require.True(t, stopped.Stop())
	require.False(t, stopped.Stop())

	report := s.Step(4 * time.Hour)
	require.Equal(t, []string{"a 1h0m0s", "b 1h0m0s", "overdue 1h0m0s", "added 2h0m0s", "c 3h0m0s"}, seen)
	require.Equal(t, Report{Fired: 5, Settled: true, WaitingOn: []string{}}, report)
	require.Equal(t, noon.Add(5*time.Hour), *s.State().Next)

	report, err := s.AdvanceNext(t.Context(), time.Minute)
	require.NoError(t, err)
	require.Equal(t, 1, report.Fired)
	require.Equal(t, noon.Add(5*time.Hour), s.Now())
	require.Nil(t, s.State().Next)
	report, err = s.AdvanceNext(t.Context(), time.Minute)
	require.NoError(t, err)
	require.Equal(t, 0, report.Fired)
}

func TestTimerInThePastRunsAtOnceElsewhere(t *testing.T) {
	s := manual(t)
	done := make(chan struct{})
	timer := s.At(noon, func() { close(done) })
	<-done
	require.False(t, timer.Stop())
}

func TestPassingTimeFiresTimers(t *testing.T) {
	host := fakeHost(t)
	s := NewService(host, ServiceOptions{})
	t.Cleanup(s.Close)
	fired := make(chan time.Time, 2)
	s.At(noon.Add(2*time.Second), func() { fired <- s.Now() })
	s.At(noon.Add(time.Second), func() { fired <- s.Now() })
	host.Step(time.Second)
	require.Equal(t, noon.Add(time.Second), <-fired)
	host.Step(time.Second)
	require.Equal(t, noon.Add(2*time.Second), <-fired)

	// A frozen clock asks nothing of the host; resumed, it does again.
	require.NoError(t, s.Freeze())
	s.At(noon.Add(3*time.Second), func() { fired <- s.Now() })
	host.Step(time.Hour)
	require.Empty(t, fired)
	require.NoError(t, s.Resume())
	host.Step(time.Second)
	require.Equal(t, noon.Add(3*time.Second), <-fired)
}

func TestMoveOfARunningClockFiresAtEachTime(t *testing.T) {
	host := fakeHost(t)
	s := NewService(host, ServiceOptions{})
	t.Cleanup(s.Close)
	var seen []time.Duration
	for _, d := range []time.Duration{2 * time.Hour, time.Hour} {
		s.At(noon.Add(d), func() { seen = append(seen, s.Now().Sub(noon)) })
	}
	report := s.Step(3 * time.Hour)
	require.Equal(t, 2, report.Fired)
	require.Equal(t, []time.Duration{time.Hour, 2 * time.Hour}, seen)
	require.Equal(t, 3*time.Hour, s.State().Offset)
}

func TestMoverWaitsForHolds(t *testing.T) {
	host := fakeHost(t) // whose time counts for patience
	s := NewService(host, ServiceOptions{Frozen: true, At: noon})
	t.Cleanup(s.Close)
	work := make(chan struct{})
	var finished atomic.Bool
	s.At(noon.Add(time.Minute), func() {
		release := s.Hold("trim of stream orders")
		go func() {
			<-work
			// Work may itself become due again; the mover waits for that too.
			again := s.Hold("second part")
			s.At(s.Now(), func() { finished.Store(true); again() })
			release()
			release()
		}()
	})
	const patience = 20 * time.Millisecond
	moved := make(chan struct{})
	var report Report
	var err error
	go func() {
		defer close(moved)
		report, err = s.Advance(t.Context(), time.Hour, patience)
	}()
	require.Eventually(t, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.holds) == 1 }, time.Minute, time.Millisecond)
	host.Step(patience)
	<-moved
	require.NoError(t, err)
	require.Equal(t, Report{Fired: 1, WaitingOn: []string{"trim of stream orders"}}, report)
	require.Equal(t, noon.Add(time.Hour), s.Now(), "the clock is moved even when work is not done")

	report, err = s.Advance(t.Context(), 0, 0)
	require.NoError(t, err)
	require.False(t, report.Settled)

	close(work)
	report = s.Step(0)
	require.True(t, report.Settled)
	require.True(t, finished.Load())
}

// Held work that runs beside the mover adds its next call, long due, and lets
// go: the mover sees the one or the other, at whatever moment it looks.
func TestNothingSlipsBetweenHoldsAndCalls(t *testing.T) {
	s := manual(t)
	const links = 50
	for range 400 {
		var ran atomic.Int32
		due := s.Now()
		var link func()
		link = func() {
			release := s.Hold("link")
			go func() {
				defer release()
				if due = due.Add(time.Second); ran.Add(1) < links {
					s.At(due, link)
				}
			}()
		}
		link()
		require.True(t, s.Step(time.Hour).Settled)
		require.EqualValues(t, links, ran.Load())
	}
}

func TestMoverCanBeCancelled(t *testing.T) {
	s := manual(t)
	release := s.Hold("something outside")
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	report, err := s.Advance(ctx, time.Hour, time.Minute)
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, report.Settled)
}

func TestSleepersAreWoken(t *testing.T) {
	s := manual(t)
	ctx, cancel := context.WithCancel(t.Context())
	results := make(chan error, 3)
	sleep := func(ctx context.Context, d time.Duration) {
		go func() { results <- s.Sleep(ctx, d) }()
	}
	sleep(t.Context(), time.Hour)
	waitPending(t, s, 1)
	s.Step(time.Hour)
	require.NoError(t, <-results)

	sleep(ctx, time.Hour)
	waitPending(t, s, 1)
	cancel()
	require.ErrorIs(t, <-results, context.Canceled)
	waitPending(t, s, 0)

	require.NoError(t, s.Sleep(ctx, 0))
	sleep(t.Context(), time.Hour)
	waitPending(t, s, 1)
	s.Close()
	require.ErrorIs(t, <-results, ErrClosed)
}

func waitPending(t *testing.T, s *Service, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		s.queue.mu.Lock()
		defer s.queue.mu.Unlock()
		return len(s.queue.pending) == n
	}, time.Minute, time.Millisecond)
}

func TestSavedBeforeTaken(t *testing.T) {
	s := manual(t)
	var saved []State
	full := errors.New("disk full")
	var fail error
	s.SaveTo(func(st State) error {
		if fail == nil {
			saved = append(saved, st)
			require.NotEqual(t, noon.Add(time.Hour), s.Now())
		}
		return fail
	})
	s.Step(time.Hour)
	require.Equal(t, []State{{Now: noon.Add(time.Hour), Mode: Frozen}}, saved)
	fail = full
	_, err := s.Advance(t.Context(), time.Hour, 0)
	require.ErrorIs(t, err, full)
	require.ErrorIs(t, s.Resume(), full)
	require.ErrorIs(t, s.Freeze(), full)
	require.Equal(t, noon.Add(time.Hour), s.Now())
	require.Equal(t, Frozen, s.State().Mode)
}

func TestEverythingAtOnce(t *testing.T) {
	before := runtime.NumGoroutine()
	s := NewService(Host(), ServiceOptions{})
	var wg sync.WaitGroup
	stop := make(chan struct{})
	each := func(f func()) {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					f()
				}
			}
		})
	}
	var last time.Time
	each(func() {
		now := s.Now()
		if now.Before(last) {
			t.Errorf("time went back from %v to %v", last, now)
		}
		last = now
	})
	each(func() { s.At(s.Now().Add(time.Millisecond), s.Hold("timer")) })
	each(func() { _ = s.Sleep(t.Context(), time.Microsecond) })
	each(func() { _, _ = s.Advance(t.Context(), time.Second, time.Second) })
	each(func() { _ = s.Freeze(); _ = s.Resume(); s.State() })
	time.Sleep(200 * time.Millisecond)
	close(stop)
	// Sleepers of a clock that was left frozen are woken by its end.
	s.Close()
	wg.Wait()
	// It polls by itself: require.Eventually has goroutines of its own.
	for range 6000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

// Close returns when the call that runs has ended, whoever runs it.
func TestCloseWaitsForTheCall(t *testing.T) {
	for _, byMover := range []bool{true, false} {
		s := NewManual(noon)
		began, leave := make(chan struct{}), make(chan struct{})
		var ended atomic.Bool
		call := func() { close(began); <-leave; ended.Store(true) }
		moved := make(chan struct{})
		if byMover {
			s.At(noon.Add(time.Hour), call)
			go func() { defer close(moved); _, _ = s.Advance(t.Context(), time.Hour, time.Minute) }()
		} else {
			s.At(noon, call)
			close(moved)
		}
		<-began
		go func() {
			// Close is on its way when it has dropped what is pending.
			for !s.isClosed() {
				time.Sleep(time.Millisecond)
			}
			close(leave)
		}()
		s.Close()
		require.True(t, ended.Load())
		<-moved
	}
}

func (s *Service) isClosed() bool {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return s.queue.closed
}

func BenchmarkNow(b *testing.B) {
	s := NewService(Host(), ServiceOptions{})
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			s.Now()
		}
	})
}
