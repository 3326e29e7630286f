package clock_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/clock"
	"sluice/internal/quick"
)

// A year over 1,000 things that recur every week or so, as idle streams do.
func TestAYearOverAThousandTimersIsQuick(t *testing.T) {
	s := clock.NewManual(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))
	t.Cleanup(s.Close)
	var fired int
	for i := range 1000 {
		period := 7*24*time.Hour + time.Duration(i)*time.Minute
		var again func()
		again = func() { fired++; s.At(s.Now().Add(period), again) }
		s.At(s.Now().Add(period), again)
	}
	quick.Within(t, 2*time.Second, func() {
		fired = 0
		report := s.Step(365 * 24 * time.Hour)
		require.Equal(t, fired, report.Fired)
		require.Greater(t, fired, 45_000)
		require.True(t, report.Settled)
	})
}
