package firehose

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/quick"
)

// A thousand delivery streams that nobody writes to, half of them reading an
// idle Kinesis stream, cost nothing: no goroutine works, and a year passes at
// once.
func TestIdleStreams(t *testing.T) {
	r := newRig(t)
	source := r.stream("in", 1)
	for n := range 500 {
		r.create(fmt.Sprint("direct-", n), nil)
		r.from(fmt.Sprint("read-", n), source, nil)
	}
	r.put("direct-1", "a")
	r.produce("in", "b")
	r.pass(10 * time.Minute)
	require.Len(t, r.bucket.taken(), 501)
	quick.Within(t, 2*time.Second, func() {
		report := r.clock.Step(365 * 24 * time.Hour)
		require.True(t, report.Settled)
		t.Logf("%d timers fired", report.Fired)
	})
}
