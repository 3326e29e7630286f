package page

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLease(t *testing.T) {
	require.Nil(t, From(t.Context()))
	l := new(Lease)
	ctx := With(t.Context(), l)
	require.Same(t, l, From(ctx))
	require.Nil(t, From(With(ctx, nil)))
	require.NoError(t, l.Resize(ctx, 1<<40), "nobody counts")
	released := 0
	for range 2 {
		l.Keep(func() { released++ })
		l.Keep(func() { released++ })
		l.End()
		l.End()
	}
	require.Equal(t, 4, released)
	l.Share = shareFunc(func(n int64) error { released = int(n); return nil })
	require.NoError(t, l.Resize(ctx, 17))
	require.Equal(t, 17, released)
}

type shareFunc func(n int64) error

// Resize implements Share.
func (f shareFunc) Resize(_ context.Context, n int64) error { return f(n) }
