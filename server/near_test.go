package server

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// addressed is a connection between two addresses.
type addressed struct {
	net.Conn
	local, remote net.Addr
}

func (a addressed) LocalAddr() net.Addr  { return a.local }
func (a addressed) RemoteAddr() net.Addr { return a.remote }

func TestNear(t *testing.T) {
	tcp := func(ip string) net.Addr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: 4567} }
	for name, c := range map[string]struct {
		local, remote net.Addr
		near          bool
	}{
		"loopback":              {tcp("127.0.0.1"), tcp("127.0.0.1"), true},
		"another loopback":      {tcp("127.0.0.1"), tcp("127.8.0.1"), true},
		"loopback, version 6":   {tcp("::1"), tcp("::1"), true},
		"mapped":                {tcp("::ffff:127.0.0.1"), tcp("::ffff:127.0.0.1"), true},
		"an address of its own": {tcp("192.0.2.7"), tcp("192.0.2.7"), true},
		"the same net":          {tcp("192.0.2.7"), tcp("192.0.2.8"), false},
		"far":                   {tcp("2001:db8::1"), tcp("2001:db8::2"), false},
		"no address":            {nil, nil, false},
		"not of TCP":            {&net.UnixAddr{Name: "a"}, &net.UnixAddr{Name: "b"}, false},
		"half of it":            {&net.UnixAddr{Name: "a"}, tcp("192.0.2.7"), false},
	} {
		t.Run(name, func(t *testing.T) {
			both := addressed{local: c.local, remote: c.remote}
			require.Equal(t, c.near, near(both))
			(&conn{Conn: both}).hasten() // no socket: nothing to set
		})
	}
}
