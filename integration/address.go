package integration

import (
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"testing"
)

// The ports that tests choose lie below those that systems give to whoever asks
// for any, as every client does for its own end: from 16,000 on in some
// sandboxes, from 32,768 on elsewhere.
const (
	firstPort = 10_000
	portCount = 6_000
)

// nextPort counts the ports that this process has given out. Two tests never
// get the same one, though nobody listens there before their server does. Test
// processes beside this one begin elsewhere.
var nextPort = func() *atomic.Uint32 {
	var n atomic.Uint32
	n.Store(uint32(os.Getpid()) * 193)
	return &n
}()

// FreeAddress is one of loopback that nobody listens at, and that stays free
// while a server that had it is down.
func FreeAddress(t testing.TB) string {
	t.Helper()
	for range portCount {
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", firstPort+nextPort.Add(1)%portCount))
		if err != nil {
			continue // it is taken
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return l.Addr().String()
	}
	t.Fatal("no port is free")
	return ""
}
