//go:build unix

package server

import "syscall"

// descriptors is how many files and connections this process may have open.
// Go has raised the limit as far as it may be when it started.
func descriptors() int64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return unlimited
	}
	return int64(min(uint64(limit.Cur), unlimited)) //nolint:unconvert // int64 on some systems
}
