package doctor

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPowerFailure: of a folder that a power failure may have left, what the next
// start will cut off is worth a note, and no damage.
func TestPowerFailure(t *testing.T) {
	_, left := scatter(t)
	require.NoError(t, emptied(left, "data/pebble/ring/test/1"))
	r, err := Examine(Options{Dir: "data", FS: left, Boot: "another one"})
	require.NoError(t, err)
	require.False(t, r.Damaged(), "%+v", r.Findings)
	require.NotEmpty(t, r.Findings)
	require.Equal(t, Note, r.Findings[0].Severity)
	require.Contains(t, r.Findings[0].What, "a power failure has taken")
	r, err = Examine(Options{Dir: "data", FS: left, Boot: boot})
	require.NoError(t, err)
	require.True(t, r.Damaged())
}
