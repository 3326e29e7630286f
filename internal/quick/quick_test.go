package quick

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/clock"
)

// told notes what a test would have failed with.
type told struct {
	testing.TB
	text string
}

func (t *told) Fatalf(format string, args ...any) { t.text = fmt.Sprintf(format, args...) }

func TestWithin(t *testing.T) {
	rounds := 0
	Within(t, time.Hour, func() { rounds++ })
	require.Equal(t, 1, rounds, "quick enough at once")

	slow := &told{TB: t}
	rounds = 0
	Within(slow, 0, func() { rounds++ })
	require.Equal(t, tries, rounds)
	require.Contains(t, slow.text, "at its best of 5 rounds, and may take 0s")
}

// A round that took long because somebody else had the processors is quick;
// one that takes ever so long is not, whoever works.
func TestWithinDoesNotCountOthers(t *testing.T) {
	if worked() == 0 {
		t.Skip("this system does not tell what a process works")
	}
	rounds, away := 0, 50*time.Millisecond
	asleep := func() { rounds++; require.NoError(t, clock.Host().Sleep(t.Context(), away)) }
	Within(t, 30*time.Millisecond, asleep)
	require.LessOrEqual(t, rounds, tries)
	slow := &told{TB: t}
	Within(slow, 100*time.Microsecond, asleep)
	require.Contains(t, slow.text, "may take 100µs")
}
