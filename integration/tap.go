package integration

import (
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Tap is a relay in front of a server that notes which protocol each connection opens with.
type Tap struct {
	// URL is where clients connect.
	URL string

	listener net.Listener
	target   string
	mu       sync.Mutex
	seen     []string // "http/1.1", "h2c" or "tls", each once
}

// NewTap listens on a free port and passes every byte on to the server at the given URL, until the test ends.
func NewTap(t testing.TB, target string) *Tap {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tap := &Tap{URL: "http://" + listener.Addr().String(), listener: listener, target: strings.TrimPrefix(target, "http://")}
	t.Cleanup(func() { _ = listener.Close() })
	go tap.accept()
	return tap
}

// Seen lists the protocols of the connections so far.
func (p *Tap) Seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen)
}

func (p *Tap) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.relay(client)
	}
}

func (p *Tap) relay(client net.Conn) {
	defer client.Close()
	first := make([]byte, 4)
	if _, err := io.ReadFull(client, first); err != nil {
		return
	}
	p.note(opening(first))
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	if _, err := server.Write(first); err != nil {
		return
	}
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.(*net.TCPConn).CloseWrite()
		close(ended)
	}()
	_, _ = io.Copy(server, client)
	_ = server.(*net.TCPConn).CloseWrite()
	<-ended
}

func (p *Tap) note(protocol string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.seen, protocol) {
		p.seen = append(p.seen, protocol)
	}
}

// opening names the protocol that begins with these bytes.
func opening(first []byte) string {
	switch {
	case string(first) == "PRI ":
		return "h2c"
	case first[0] == 0x16:
		return "tls"
	default:
		return "http/1.1"
	}
}
