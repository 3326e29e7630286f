package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	"sluice/internal/clock"
)

// transports are the ways a client can speak to the one port.
func transports(t *testing.T, s *Server) map[string]*http.Transport {
	t.Helper()
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(s.ca.pem))
	way := func(f func(p *http.Protocols)) *http.Transport {
		var p http.Protocols
		f(&p)
		tr := &http.Transport{Protocols: &p, TLSClientConfig: &tls.Config{RootCAs: roots}}
		t.Cleanup(tr.CloseIdleConnections)
		return tr
	}
	return map[string]*http.Transport{
		"http HTTP/1.1":  way(func(p *http.Protocols) { p.SetHTTP1(true) }),
		"http HTTP/2.0":  way(func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }),
		"https HTTP/1.1": way(func(p *http.Protocols) { p.SetHTTP1(true) }),
		"https HTTP/2.0": way(func(p *http.Protocols) { p.SetHTTP1(true); p.SetHTTP2(true) }),
	}
}

func TestOnePortSpeaksEverything(t *testing.T) {
	s := open(t, &streamsRoom{})
	for name, transport := range transports(t, s) {
		t.Run(name, func(t *testing.T) {
			scheme, proto, _ := strings.Cut(name, " ")
			c := &http.Client{Transport: transport}
			for range 3 {
				r, err := http.NewRequest(http.MethodPost, scheme+strings.TrimPrefix(s.url(), "http")+"/", strings.NewReader("{}"))
				require.NoError(t, err)
				r.Header.Set("Content-Type", json11Type)
				r.Header.Set("X-Amz-Target", listTarget)
				r.Header.Set("Authorization", signed)
				r.Header.Set("X-Amz-Date", "x")
				response, err := c.Do(r)
				require.NoError(t, err)
				body, err := io.ReadAll(response.Body)
				require.NoError(t, err)
				require.NoError(t, response.Body.Close())
				require.Equal(t, proto, response.Proto)
				require.Contains(t, string(body), "123456789012")
			}
		})
	}
}

func TestLocalhostIsBothLoopbacks(t *testing.T) {
	six, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6 loopback")
	}
	require.NoError(t, six.Close())
	s := open(t, &streamsRoom{}, func(c *Config) { c.Listen = []string{"localhost:0"} })
	require.Len(t, s.Addresses(), 2)
	four, rest, _ := strings.Cut(s.Addresses()[0], "127.0.0.1:")
	require.Equal(t, "http://", four)
	require.Equal(t, "http://[::1]:"+rest, s.Addresses()[1])
	for _, url := range s.Addresses() {
		a, err := tryAsk(t.Context(), http.DefaultClient, url, "GET", "/_sluice/health", nil)
		require.NoError(t, err)
		require.Equal(t, 200, a.status)
	}
}

func TestPortThatIsTaken(t *testing.T) {
	s := openBare(t)
	address := strings.TrimPrefix(s.url(), "http://")
	_, err := Open(t.Context(), Config{Listen: []string{address}})
	var taken *ListenError
	require.ErrorAs(t, err, &taken)
	require.True(t, taken.Busy())
	require.Equal(t, address, taken.Address)
	require.Contains(t, taken.Hint(), "--listen")

	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	_, err = Open(t.Context(), Config{Listen: []string{"localhost:" + port}})
	require.ErrorAs(t, err, &taken)
	require.True(t, taken.Busy())

	_, err = Open(t.Context(), Config{Listen: []string{"127.0.0.1:0"}, AdminListen: address})
	require.ErrorAs(t, err, &taken)

	_, err = Open(t.Context(), Config{Listen: []string{"nonsense"}})
	require.ErrorAs(t, err, &taken)
	require.False(t, taken.Busy())
}

func TestBadConfig(t *testing.T) {
	for name, c := range map[string]Config{
		"account":     {Account: "12"},
		"region":      {Region: "a b"},
		"half a pair": {TLSCert: "x"},
		"memory":      {MemoryLimit: 5},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), c)
			require.Error(t, err)
		})
	}
}

// A header that trickles in is cut off by host time, whatever the protocol.
func TestSlowHeader(t *testing.T) {
	s := open(t, &streamsRoom{}, func(c *Config) { c.HeaderTimeout = 50 * time.Millisecond })
	for name, start := range map[string]string{
		"HTTP/1.1": "POST / HTTP/1.1\r\nHost: x\r\nX-A: ",
		"HTTP/2":   "PRI * HTT",
		"TLS":      "\x16\x03\x01",
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, s)
			_, err := io.WriteString(c, start)
			require.NoError(t, err)
			requireHangup(t, c)
		})
	}
}

func dial(t testing.TB, s *Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url(), "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(clock.Host().Now().Add(time.Minute)))
	return c
}

// requireHangup reads until the other side ends the connection.
func requireHangup(t *testing.T, c net.Conn) {
	t.Helper()
	_, err := io.Copy(io.Discard, c)
	var late net.Error
	require.False(t, errors.As(err, &late) && late.Timeout(), "the connection stayed open")
}

func TestSilentConnectionsGo(t *testing.T) {
	s := open(t, &streamsRoom{}, func(c *Config) { c.IdleTimeout = 50 * time.Millisecond })
	requireHangup(t, dial(t, s))

	used := dial(t, s)
	_, err := io.WriteString(used, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	requireHangup(t, used)
	eventually(t, "all connections are counted out", func() bool { return s.entrance.open.Load() == 0 })
}

func TestHeadersAreBounded(t *testing.T) {
	s := open(t, &streamsRoom{})
	c := dial(t, s)
	go func() {
		_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nX-A: "+strings.Repeat("a", 1<<20))
	}()
	got, _ := io.ReadAll(c)
	require.True(t, strings.HasPrefix(string(got), "HTTP/1.1 431 "), string(got[:min(len(got), 40)]))
}

// Java's client drops a connection whose pings stay unanswered, and needs to
// be told how many streams it may open.
func TestHTTP2SettingsAndPing(t *testing.T) {
	s := open(t, &streamsRoom{})
	t.Run("case 68, h2c with prior knowledge", func(t *testing.T) {
		c := dial(t, s)
		_, err := io.WriteString(c, http2.ClientPreface)
		require.NoError(t, err)
		f := http2.NewFramer(c, c)
		require.NoError(t, f.WriteSettings())
		require.NoError(t, f.WritePing(false, [8]byte{1, 2, 3}))
		var streams uint32
		var pong bool
		for streams == 0 || !pong {
			frame, err := f.ReadFrame()
			require.NoError(t, err)
			switch fr := frame.(type) {
			case *http2.SettingsFrame:
				if n, ok := fr.Value(http2.SettingMaxConcurrentStreams); ok {
					streams = n
				}
			case *http2.PingFrame:
				pong = fr.IsAck() && fr.Data == [8]byte{1, 2, 3}
			}
		}
		require.EqualValues(t, maxStreams, streams)
	})
}

func TestCloseGivesPortsBack(t *testing.T) {
	s, err := Open(t.Context(), Config{Listen: []string{"127.0.0.1:0"}, AdminListen: "127.0.0.1:0"})
	require.NoError(t, err)
	install(t, s, "kinesis", &streamsRoom{})
	silent := dial(t, s)
	ask(t, s, "GET", "/", "")
	require.NoError(t, s.Close(t.Context()))
	require.NoError(t, s.Close(t.Context()))
	requireHangup(t, silent)
	require.Zero(t, s.entrance.open.Load())
	again, err := Open(context.Background(), Config{Listen: []string{strings.TrimPrefix(s.url(), "http://")}})
	require.NoError(t, err)
	require.NoError(t, again.Close(context.Background()))
}
