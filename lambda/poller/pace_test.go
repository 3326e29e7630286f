package poller

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"sluice/lambda/function"
	"sluice/shards"
)

func TestPacing(t *testing.T) {
	now := testStart()
	t.Run("no limits", func(t *testing.T) {
		var p pacing
		for range 100 {
			require.Equal(t, now, p.next(now, 0))
			p.read(10 << 20)
		}
	})
	t.Run("four of five calls", func(t *testing.T) {
		var p pacing
		n := 0
		for at := now; at.Before(now.Add(10 * time.Second)); at = at.Add(10 * time.Millisecond) {
			if !p.next(at, 5).After(at) {
				n++
				p.read(1000)
			}
		}
		require.InDelta(t, 4+4*10, n, 2)
	})
	t.Run("two MiB a second", func(t *testing.T) {
		var p pacing
		bytes := 0
		for at := now; at.Before(now.Add(10 * time.Second)); {
			next := p.next(at, 5)
			if !next.After(at) {
				p.read(1 << 20)
				bytes += 1 << 20
				continue
			}
			at = next
		}
		require.InDelta(t, 2*11<<20, bytes, 2<<20)
	})
	t.Run("a refusal", func(t *testing.T) {
		var p pacing
		require.Equal(t, now, p.next(now, 0))
		other := errors.New("other")
		require.Equal(t, other, p.slow(other, now))
		var paced *pacedError
		require.ErrorAs(t, p.slow(&refused{}, now), &paced)
		require.Equal(t, now.Add(pacedPause), paced.until)
		require.Equal(t, now.Add(pacedPause), p.next(now.Add(time.Millisecond), 0))
		require.Equal(t, now.Add(pacedFor), p.next(now.Add(pacedFor), 0))
		require.Equal(t, now.Add(pacedFor+1), p.next(now.Add(pacedFor+1), 0), "it is forgotten")
	})
}

type refused struct{ apiError }

type apiError struct{}

func (apiError) Error() string { return "refused" }

func (apiError) ErrorCode() string { return "ProvisionedThroughputExceededException" }

func (apiError) ErrorMessage() string { return "refused" }

func (apiError) ErrorFault() smithy.ErrorFault { return smithy.FaultClient }

// A backlog is read as fast as the shard allows, and no read is refused.
func TestBacklogUnderLimits(t *testing.T) {
	w := newWorld(t, func(c *shards.Config) { c.Limits = shards.Limits{Enforced: true} })
	w.create("orders", 1)
	var got atomic.Int64
	w.answer(func(in function.Invocation) (function.Result, error) {
		got.Add(int64(len(eventOf(t, in.Payload).Records)))
		return function.Result{}, nil
	})
	big := string(make([]byte, 100_000))
	for range 12 {
		for range 10 {
			w.putKey("orders", "k", big)
		}
		w.step(time.Second)
	}
	p := w.start(w.mapping("orders"))
	took := 0
	for ; got.Load() < 120 && took < 100; took++ {
		w.step(100 * time.Millisecond)
		require.False(t, slices.ContainsFunc(p.Status().Shards, func(s ShardStatus) bool { return s.LastError != "" }))
	}
	require.Less(t, took, 75, "12 MB at 2 MiB a second")
	w.readers.mu.Lock()
	defer w.readers.mu.Unlock()
	for _, tap := range w.readers.taps {
		require.Zero(t, tap.pace.until, "a read was refused")
	}
}

func TestBackoff(t *testing.T) {
	var pauses []time.Duration
	for n := 1; n <= 10; n++ {
		pauses = append(pauses, DefaultRetry().pause(n))
	}
	require.Equal(t, []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second,
		16 * time.Second, 32 * time.Second, time.Minute, time.Minute, time.Minute}, pauses)
	require.Equal(t, 20*time.Millisecond, FastRetry().pause(1<<30))
}
