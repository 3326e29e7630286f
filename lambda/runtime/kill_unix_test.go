//go:build unix

package runtime

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Closing kills the process and what it has started.
func TestNothingIsLeftBehind(t *testing.T) {
	h := open(t)
	h.start(t, "orphans")
	invoke(t, h, "orphans", `{}`)
	var pid int
	for line := range strings.SplitSeq(logOf(t, h, "orphans"), "\n") {
		if text, ok := strings.CutPrefix(line, "child "); ok {
			pid, _ = strconv.Atoi(text)
		}
	}
	require.NotZero(t, pid)
	require.NoError(t, syscall.Kill(pid, 0))
	require.NoError(t, h.Close())
	require.Eventually(t, func() bool { return gonePID(pid) }, time.Minute, 10*time.Millisecond)
}

// gonePID is true for a process that is gone, or dead and waits for a parent.
func gonePID(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}
