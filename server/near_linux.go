package server

import (
	"net"
	"syscall"
)

// unpace has a connection send without pacing. Where that cannot be set, it is
// slower and nothing else.
func unpace(c net.Conn) {
	socket, ok := c.(syscall.Conn)
	if !ok {
		return
	}
	handle, err := socket.SyscallConn()
	if err != nil {
		return
	}
	_ = handle.Control(func(descriptor uintptr) {
		_ = syscall.SetsockoptString(int(descriptor), syscall.IPPROTO_TCP, syscall.TCP_CONGESTION, nearControl)
	})
}
