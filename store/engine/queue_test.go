package engine

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
)

// TestQueueShares checks what is committed together: big batches where an fsync
// is what they wait for, and none where it is not; they fail together as well.
func TestQueueShares(t *testing.T) {
	failure := errors.New("no")
	for _, c := range []struct {
		shares  int
		failure error
		commits string
		settled string
	}{
		{syncedBytes, nil, "[3 1]", "[0 <nil> 1 <nil> 2 <nil> 3 <nil>]"},
		{0, nil, "[1 1 1 1]", "[0 <nil> 1 <nil> 2 <nil> 3 <nil>]"},
		{syncedBytes, failure, "[3]", "[0 no 1 no 2 no 3 a write before this one failed: no]"},
		{0, failure, "[1]", "[0 no 1 a write before this one failed: no 2 a write before this one failed: no 3 a write before this one failed: no]"},
	} {
		t.Run(fmt.Sprint(c.shares, c.failure), func(t *testing.T) {
			var commits []int
			var settled []any
			q := &queue{shares: c.shares, broken: func() error { return nil }, commit: func(_ uint64, batches []*pebble.Batch, _ bool, _ []func() error, _ int) error {
				commits = append(commits, len(batches))
				return c.failure
			}}
			var last *Ticket
			for i, size := range []int{mergeBelow, 2 * mergeBelow, mergeBelow, syncedBytes} {
				last = &Ticket{batch: new(pebble.Batch), size: size, queue: q, wake: make(chan struct{}, 1),
					settle: func(err error) { settled = append(settled, i, err) }}
				q.submit(last)
			}
			err := last.Wait()
			require.ErrorIs(t, err, c.failure)
			require.Equal(t, c.commits, fmt.Sprint(commits))
			require.Equal(t, c.settled, fmt.Sprint(settled))
		})
	}
}

// TestRecoveryBeforeCommit: a group that was taken from the queue before a
// recovery meets another database than its batches were begun for. It fails, and
// what was submitted since does not.
func TestRecoveryBeforeCommit(t *testing.T) {
	e, err := Open(Config{FS: vfs.NewMem(), Dir: "pebble"})
	require.NoError(t, err)
	old, err := e.NewBatch(0)
	require.NoError(t, err)
	require.NoError(t, old.Set([]byte("old"), nil, nil))
	lead := e.queue.commit
	var newer *Ticket
	e.queue.commit = func(epoch uint64, batches []*pebble.Batch, records bool, during []func() error, beside int) error {
		e.queue.commit = lead
		e.guard.fail(errors.New("a flush failed"))
		require.NoError(t, e.Ready())
		b, err := e.NewBatch(0)
		require.NoError(t, err)
		require.NoError(t, b.Set([]byte("new"), nil, nil))
		newer = b.Submit(func(error) {})
		return lead(epoch, batches, records, during, beside)
	}
	require.ErrorIs(t, old.Submit(func(error) {}).Wait(), errOvertaken)
	require.NoError(t, newer.Wait())
	require.NoError(t, e.Close())
}

// TestNothingBesideWhileBroken: an append that was admitted before the failure of
// another writes nothing beside the database, for it will not be committed.
func TestNothingBesideWhileBroken(t *testing.T) {
	e, err := Open(Config{FS: vfs.NewMem(), Dir: "pebble"})
	require.NoError(t, err)
	b, err := e.NewBatch(0)
	require.NoError(t, err)
	wrote := false
	b.Before = func() error { wrote = true; return nil }
	e.guard.fail(errors.New("a flush failed"))
	require.ErrorContains(t, b.Submit(func(error) {}).Wait(), "a flush failed")
	require.False(t, wrote)
	recoveries := 0
	e.Recovered(func() { recoveries++ })
	require.NoError(t, e.Ready())
	require.Equal(t, 1, recoveries)
	require.NoError(t, e.Close())
}

// TestRefusalUntilAWrite: what could not be written beside the database is told until
// something is written; waiting for all that was submitted writes nothing.
func TestRefusalUntilAWrite(t *testing.T) {
	e, err := Open(Config{FS: vfs.NewMem(), Dir: "pebble", Process: true})
	require.NoError(t, err)
	full := errors.New("no room")
	b, err := e.NewBatch(0)
	require.NoError(t, err)
	b.Before = func() error { return full }
	require.ErrorIs(t, b.Submit(func(error) {}).Wait(), full)
	require.NoError(t, e.Harden())
	require.ErrorIs(t, e.Refusal(), full)
	b, err = e.NewBatch(0)
	require.NoError(t, err)
	require.NoError(t, b.Set([]byte("a"), nil, nil))
	require.NoError(t, b.Submit(func(error) {}).Wait())
	require.NoError(t, e.Refusal())
	require.NoError(t, e.Close())
}
