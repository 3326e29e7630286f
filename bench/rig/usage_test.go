package rig

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUsageOfThisProcess(t *testing.T) {
	if _, err := os.Stat("/proc/self/io"); err != nil {
		t.Skip("needs Linux")
	}
	before, err := Own()
	require.NoError(t, err)
	require.Greater(t, before.Resident, int64(1<<20))
	require.GreaterOrEqual(t, before.Peak, before.Resident)
	require.Positive(t, before.Threads)
	require.Greater(t, before.Descriptors, 2)
	require.NoError(t, os.WriteFile(t.TempDir()+"/f", make([]byte, 100_000), 0o600))
	after, err := Own()
	require.NoError(t, err)
	require.GreaterOrEqual(t, after.Written-before.Written, int64(100_000))
	_, err = usageOf(1 << 30)
	require.Error(t, err)
}
