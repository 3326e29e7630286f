package runtime

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A program that was unpacked a moment ago can be run, though processes are
// started all the while: the system refuses to run what is still open for
// writing, if only in a process that is about to become another program.
func TestUnpackedWhileProcessesStart(t *testing.T) {
	stop := make(chan struct{})
	var others sync.WaitGroup
	for range 2 {
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_ = exec.Command("/bin/sh", "-c", "exit 0").Run()
				}
			}
		})
	}
	defer others.Wait()
	defer close(stop)
	dir := t.TempDir()
	for i := range 100 {
		to := filepath.Join(dir, fmt.Sprint(i))
		require.NoError(t, unzip(to, zipOf(t, "bootstrap", "#!/bin/sh\nexit 0\n")))
		require.NoError(t, exec.Command(filepath.Join(to, "bootstrap")).Run())
	}
}
