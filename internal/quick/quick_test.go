package quick

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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
