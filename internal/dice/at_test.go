package dice

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The first numbers of SplitMix64 from seed 0, as its author publishes them.
func TestAt(t *testing.T) {
	require.Equal(t, uint64(0xe220a8397b1dcdaf), At(0, 0))
	require.Equal(t, uint64(0x6e789e6aa1b965f4), At(0, 1))
	require.Equal(t, uint64(0x06c45d188009454f), At(0, 2))
	require.True(t, Chance(1, 1, 1))
	require.False(t, Chance(1, 1, 0))
}
