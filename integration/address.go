package integration

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// FreeAddress is one of loopback that nobody listens at, and that stays free
// while a server that had it is down: it lies below the ports that systems
// give to those who ask for any, as every client does for its own end.
func FreeAddress(t testing.TB) string {
	t.Helper()
	const from, to = 10_000, 32_768
	for range 1000 {
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", from+rand.IntN(to-from)))
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
