//go:build unix

package quick

import (
	"syscall"
	"time"
)

// worked is how long this process has had a processor so far, all threads
// together; zero when that cannot be told.
func worked() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
