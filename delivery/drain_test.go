package delivery

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// counted is a source of three batches of one object each. Its checkpoint is
// all it has: whatever fails, the next attempt goes on from there.
type counted struct {
	checkpoint int
	fail       func(step string) error
	put        []string
}

func (c *counted) Next(context.Context) (*Batch, error) {
	if err := c.fail("read"); err != nil || c.checkpoint == 3 {
		return nil, err
	}
	return &Batch{
		Objects: []Object{{Place: Place{Bucket: "b"}, Key: fmt.Sprint("k", c.checkpoint)}},
		Commit: func(context.Context) error {
			if err := c.fail("commit"); err != nil {
				return err
			}
			c.checkpoint++
			return nil
		},
	}, nil
}

func (c *counted) PutObject(_ context.Context, o Object) error {
	if err := c.fail("put"); err != nil {
		return err
	}
	c.put = append(c.put, o.Key)
	return nil
}

func (c *counted) HeadBucket(context.Context, Place) error { return nil }

// Every single step of the delivery fails once, and everything arrives: at
// least once, and what arrives twice does so under the same key.
func TestDrain(t *testing.T) {
	lost := errors.New("lost")
	for n := range 10 {
		step := -1
		c := &counted{}
		c.fail = func(string) error {
			if step++; step == n {
				return lost
			}
			return nil
		}
		_, err := Drain(t.Context(), c, c)
		require.ErrorIs(t, err, lost, "step %d", n)
		_, err = Drain(t.Context(), c, c)
		require.NoError(t, err)
		require.Equal(t, 3, c.checkpoint)
		seen := map[string]bool{}
		for _, key := range c.put {
			seen[key] = true
		}
		require.Len(t, seen, 3, "step %d", n)
		require.LessOrEqual(t, len(c.put), 4, "one object is put again at most")
	}
	c := &counted{fail: func(step string) error {
		if step == "put" {
			return lost
		}
		return nil
	}}
	_, err := Drain(t.Context(), c, c)
	require.EqualError(t, err, "put s3://b/k0: lost")
}

func TestRetry(t *testing.T) {
	r := Retry{First: time.Second, Most: 10 * time.Second, Give: time.Minute}
	var pauses []time.Duration
	for n := range 6 {
		pauses = append(pauses, r.Pause(n+1))
	}
	require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 10 * time.Second, 10 * time.Second}, pauses)
	require.Equal(t, 10*time.Second, r.Pause(1<<20), "however often")
	require.Equal(t, time.Second, Retry{First: time.Minute, Most: time.Second}.Pause(1))
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at, ok := r.Next(began, began.Add(59*time.Second), 2)
	require.True(t, ok)
	require.Equal(t, began.Add(61*time.Second), at)
	_, ok = r.Next(began, began.Add(time.Minute), 3)
	require.False(t, ok)
	r.Give = 0
	_, ok = r.Next(began, began.Add(time.Hour), 3)
	require.True(t, ok, "for ever")
}
