package server

import (
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// congestion is the control of congestion of a connection.
func congestion(t *testing.T, c net.Conn) string {
	handle, err := c.(syscall.Conn).SyscallConn()
	require.NoError(t, err)
	var name [16]byte
	size := uint32(len(name))
	var failed syscall.Errno
	require.NoError(t, handle.Control(func(descriptor uintptr) {
		_, _, failed = syscall.Syscall6(syscall.SYS_GETSOCKOPT, descriptor, syscall.IPPROTO_TCP, syscall.TCP_CONGESTION,
			uintptr(unsafe.Pointer(&name[0])), uintptr(unsafe.Pointer(&size)), 0)
	}))
	require.Zero(t, failed)
	return strings.TrimRight(string(name[:size]), "\x00")
}

func TestHasten(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	there, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	defer there.Close()
	here, err := listener.Accept()
	require.NoError(t, err)
	before := congestion(t, here)
	if set, err := os.ReadFile("/proc/sys/net/ipv4/tcp_congestion_control"); err == nil {
		require.Equal(t, strings.TrimSpace(string(set)), before)
	}
	(&conn{Conn: addressed{here, here.LocalAddr(), &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}}}).hasten()
	require.Equal(t, before, congestion(t, here), "from far away")
	c := &conn{Conn: here}
	c.hasten()
	require.Equal(t, nearControl, congestion(t, here))
	require.Equal(t, before, congestion(t, there), "only one end is ours")
	require.NoError(t, here.Close())
	unpace(here) // gone: nothing to set
}
