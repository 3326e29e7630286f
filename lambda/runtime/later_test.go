package runtime

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/clock"
)

// frozen is a host whose service clock stands still until it is moved.
func frozen(t *testing.T, change ...func(*Config)) (*Host, *clock.Service) {
	t.Helper()
	service := clock.NewManual(time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC))
	t.Cleanup(service.Close)
	return open(t, append(change, func(c *Config) { c.Service, c.Hold = service, service.Hold })...), service
}

func TestLater(t *testing.T) {
	h, _ := frozen(t)
	got := make(chan string, 1)
	h.goFunction(t, "f", func(_ context.Context, event []byte) ([]byte, error) { got <- string(event); return nil, nil })
	id, err := h.InvokeLater(invocation("f", `{"a":1}`))
	require.NoError(t, err)
	require.Len(t, id, 36)
	require.Equal(t, `{"a":1}`, <-got)
	_, err = h.InvokeLater(invocation("other", `{}`))
	requireRefused(t, err, "ResourceNotFoundException")
}

// AWS tries again after one minute, and after two more.
func TestLaterIsTriedThrice(t *testing.T) {
	drops := make(chan Drop, 1)
	h, service := frozen(t, func(c *Config) { c.Dropped = func(d Drop) { drops <- d } })
	var tries atomic.Int64
	h.goFunction(t, "f", func(context.Context, []byte) ([]byte, error) { tries.Add(1); return nil, errors.New("sour") })
	id, err := h.InvokeLater(invocation("f", `{}`))
	require.NoError(t, err)
	for i, d := range []time.Duration{0, 59 * time.Second, time.Second, 119 * time.Second, time.Second} {
		_, err := service.Advance(t.Context(), d, 5*time.Second)
		require.NoError(t, err)
		require.EqualValues(t, []int{1, 1, 2, 2, 3}[i], tries.Load())
	}
	d := <-drops
	require.Equal(t, "RetriesExhausted", d.Condition)
	require.Equal(t, 3, d.Tries)
	require.Equal(t, id, d.RequestID)
	require.Contains(t, string(d.Result.Payload), "sour")
}

func TestLaterGrowsTooOld(t *testing.T) {
	drops := make(chan Drop, 1)
	h, service := frozen(t, func(c *Config) { c.Dropped = func(d Drop) { drops <- d } })
	none := 0
	h.mustRegister(t, Definition{Key: key("f"), Reserved: &none, Go: echo})
	_, err := h.InvokeLater(invocation("f", `{}`))
	require.NoError(t, err)
	_, err = service.Advance(t.Context(), 7*time.Hour, 5*time.Second)
	require.NoError(t, err)
	d := <-drops
	require.Equal(t, "EventAgeExceeded", d.Condition)
	require.Zero(t, d.Tries)
	requireRefused(t, d.Err, "TooManyRequestsException")
}

func TestLaterIsBounded(t *testing.T) {
	h, _ := frozen(t)
	h.goFunction(t, "f", func(ctx context.Context, _ []byte) ([]byte, error) { <-ctx.Done(); return nil, nil })
	event := `"` + strings.Repeat("x", MaxLaterEvent-2) + `"`
	for range maxBacklogBytes / MaxLaterEvent {
		_, err := h.InvokeLater(invocation("f", event))
		require.NoError(t, err)
	}
	_, err := h.InvokeLater(invocation("f", event))
	require.True(t, requireRefused(t, err, "TooManyRequestsException").Throttled)
}
