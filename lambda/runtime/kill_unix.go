//go:build unix

package runtime

import (
	"os/exec"
	"syscall"
)

// killGroup kills the process and its descendants.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
