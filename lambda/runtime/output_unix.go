//go:build unix

package runtime

import "syscall"

// follow reads until the pipe is closed.
func (o *output) follow() {
	conn, err := o.r.SyscallConn()
	if err != nil {
		return
	}
	more := true
	for more {
		err = conn.Read(func(fd uintptr) bool {
			var again bool
			more, again = o.read(int(fd))
			return !again
		})
		if err != nil {
			return
		}
	}
}

// read reads once. The lock is held from the read until the lines are made, so
// drain sees everything that was written before it.
func (o *output) read(fd int) (more, again bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := syscall.Read(fd, o.buf)
	switch {
	case err == syscall.EAGAIN:
		return true, true
	case err == syscall.EINTR:
		return true, false
	case err != nil || n <= 0:
		return false, false
	}
	o.takeLocked(o.buf[:n])
	return true, false
}

// maxDrains bounds what drain reads of a process that writes without end.
const maxDrains = 64

// drain makes lines of all that was written until now.
func (o *output) drain() {
	conn, err := o.r.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) {
		for range maxDrains {
			if more, again := o.read(int(fd)); !more || again {
				return
			}
		}
	})
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flushLocked(false)
}

// finish takes the last words of a process and closes the pipe, which its
// descendants may still hold.
func (o *output) finish() {
	o.drain()
	_ = o.r.Close()
}
