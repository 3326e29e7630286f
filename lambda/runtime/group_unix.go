//go:build unix && !linux

package runtime

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the process the head of a group, which can be killed as one.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
