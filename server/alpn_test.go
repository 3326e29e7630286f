package server

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
)

// The Netty client of the Java SDK offers no ALPN over TLS and begins with
// HTTP/2 at once; others without ALPN speak HTTP/1.1.
func TestTLSWithoutALPN(t *testing.T) {
	s := open(t, &streamsRoom{})
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(s.ca.pem))
	dial := func() *tls.Conn {
		c, err := tls.Dial("tcp", strings.TrimPrefix(s.url(), "http://"), &tls.Config{RootCAs: roots})
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		return c
	}

	two := dial()
	_, err := io.WriteString(two, http2.ClientPreface)
	require.NoError(t, err)
	frames := http2.NewFramer(two, two)
	require.NoError(t, frames.WriteSettings())
	first, err := frames.ReadFrame()
	require.NoError(t, err)
	require.IsType(t, &http2.SettingsFrame{}, first)

	one := dial()
	_, err = io.WriteString(one, "GET /_sluice/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	require.NoError(t, err)
	answer, err := io.ReadAll(one)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(answer), "HTTP/1.1 200"), "%.100s", answer)
}
