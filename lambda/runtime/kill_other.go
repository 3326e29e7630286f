//go:build !unix

package runtime

import "os/exec"

// ownGroup has no groups to make here.
func ownGroup(*exec.Cmd) {}

// killGroup kills the process; its descendants are on their own.
func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
