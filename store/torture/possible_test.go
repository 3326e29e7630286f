package torture

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/store/log"
)

// TestPossibleAfterNothing: a delete that found nothing has written nothing, and
// can be acknowledged while the disk fails. So the write that failed before it
// may still be there after a crash.
func TestPossibleAfterNothing(t *testing.T) {
	w := newWriter(&world{}, 0, 1)
	w.now.logs[log.ID{Stream: w.stream}] = &shard{}
	failed, something, nothing := &op{what: "append", failed: true}, &op{acked: 2}, &op{acked: 3}
	w.drop(something)
	w.drop(nothing) // the number of the next stream, of which there is no log

	w.ops = []*op{failed, nothing}
	require.Equal(t, []find{{ops: 2}, {ops: 2, failed: failed}}, w.possible(2, false))
	require.Equal(t, []find{{ops: 2}}, w.possible(2, true), "once the store is well it is not there")
	w.ops = []*op{failed, something}
	require.Equal(t, []find{{ops: 2}}, w.possible(2, false), "what follows it was written")
}
