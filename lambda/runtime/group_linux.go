package runtime

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the process the head of a group, which can be killed as one.
// Should Sluice itself be killed, the system kills the process.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
