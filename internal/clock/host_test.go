package clock

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHostFollowsTheMachine(t *testing.T) {
	h := Host()
	requireNow(t, h, 0)
	require.Equal(t, time.UTC, h.Now().Location())
	last := h.Now()
	for range 1000 {
		now := h.Now()
		require.False(t, now.Before(last))
		last = now
	}
}

func TestHostLeapsForwardNeverBack(t *testing.T) {
	h := Host().(*host)
	// As if the wall clock had gained an hour since the start, and then lost it.
	h.wall = h.wall.Add(-time.Hour)
	requireNow(t, h, 0)
	h.wall = h.wall.Add(time.Hour)
	requireNow(t, h, time.Hour)
}

// requireNow wants the machine's time and ahead, however long this test is
// kept from running; the wall clock may be set a little meanwhile.
func requireNow(t *testing.T, h Clock, ahead time.Duration) {
	t.Helper()
	const grain = 100 * time.Millisecond
	before := time.Now()
	now := h.Now().Add(-ahead)
	require.False(t, now.Before(before.Add(-grain)), "%v is before %v", now, before)
	after := time.Now()
	require.False(t, now.After(after.Add(grain)), "%v is after %v", now, after)
}

func TestHostTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := Host()
		start := h.Now()
		var seen []time.Duration
		note := func() { seen = append(seen, h.Now().Sub(start)) }
		h.At(start.Add(3*time.Hour), note)
		h.At(start.Add(time.Second), note)
		stopped := h.At(start.Add(2*time.Second), note)
		require.True(t, stopped.Stop())
		require.NoError(t, h.Sleep(t.Context(), 4*time.Hour))
		synctest.Wait()
		require.Equal(t, []time.Duration{time.Second, 3 * time.Hour}, seen)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, h.Sleep(ctx, time.Minute), context.DeadlineExceeded)
		require.NoError(t, h.Sleep(ctx, -1))
	})
}
