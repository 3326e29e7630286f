package server

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPreflight(t *testing.T) {
	s := open(t, &streamsRoom{})
	t.Run("case 80, OPTIONS with Origin", func(t *testing.T) {
		a := ask(t, s, "OPTIONS", "/", "", "Origin", "http://localhost:3000")
		require.Equal(t, 200, a.status)
		require.Empty(t, a.body)
		require.Equal(t, "0", a.header.Get("Content-Length"))
		require.Equal(t, "http://localhost:3000", a.header.Get("Access-Control-Allow-Origin"))
		require.Equal(t, "Origin", a.header.Get("Vary"))
		require.Equal(t, "172800", a.header.Get("Access-Control-Max-Age"))
		require.NotEmpty(t, a.header.Get("x-amzn-RequestId"))
		for _, absent := range []string{"x-amz-id-2", "Content-Type", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Access-Control-Expose-Headers"} {
			require.Empty(t, a.header.Get(absent), absent)
		}
	})
	t.Run("what is asked for is echoed", func(t *testing.T) {
		a := ask(t, s, "OPTIONS", "/any/path", "", "Origin", "https://127.0.0.1", "Access-Control-Request-Headers", "a, b, c",
			"Access-Control-Request-Method", "d", "Access-Control-Request-Private-Network", "true")
		require.Equal(t, 200, a.status)
		require.Equal(t, "a, b, c", a.header.Get("Access-Control-Allow-Headers"))
		require.Equal(t, "d", a.header.Get("Access-Control-Allow-Methods"))
		require.Equal(t, "true", a.header.Get("Access-Control-Allow-Private-Network"))
	})
	t.Run("other answers", func(t *testing.T) {
		for _, a := range []answer{
			callJSON(t, s, "ListStreams", "{}", "Origin", "http://localhost"),
			ask(t, s, "GET", "/", "", "Origin", "http://localhost"),
		} {
			require.Equal(t, "http://localhost", a.header.Get("Access-Control-Allow-Origin"))
			require.Equal(t, "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date", a.header.Get("Access-Control-Expose-Headers"))
		}
		a := callJSON(t, s, "ListStreams", "{}")
		require.Empty(t, a.header.Get("Access-Control-Allow-Origin"))
	})
}

func TestWhichPagesMayCall(t *testing.T) {
	loopback := open(t, &streamsRoom{})
	listed := open(t, &streamsRoom{}, func(c *Config) {
		c.CORSOrigins = []string{"https://App.example.com"}
		c.HostNames = []string{"sluice.test"}
	})
	all := open(t, &streamsRoom{}, func(c *Config) { c.CORSOrigins = []string{"*"} })
	for _, c := range []struct {
		name    string
		server  *Server
		headers []string
		allowed bool
	}{
		{"no page", loopback, nil, true},
		{"loopback by name", loopback, []string{"Origin", "http://localhost:3000"}, true},
		{"below localhost", loopback, []string{"Origin", "https://app.localhost"}, true},
		{"loopback by address", loopback, []string{"Origin", "http://[::1]:80"}, true},
		{"foreign", loopback, []string{"Origin", "https://evil.example.com"}, false},
		{"sandboxed", loopback, []string{"Origin", "null"}, false},
		{"looks like loopback", loopback, []string{"Origin", "http://localhost.evil.example.com"}, false},
		{"a name rebound to this machine", loopback, []string{"Origin", "http://evil.example.com:4566", "Host", "evil.example.com:4566"}, false},
		{"without an origin, from another site", loopback, []string{"Sec-Fetch-Site", "cross-site"}, false},
		{"another site that is allowed", loopback, []string{"Sec-Fetch-Site", "cross-site", "Origin", "http://127.0.0.1:3000"}, true},
		{"typed into the address bar", loopback, []string{"Sec-Fetch-Site", "none"}, true},
		{"listed", listed, []string{"Origin", "https://app.example.com"}, true},
		{"not listed", listed, []string{"Origin", "https://example.com"}, false},
		{"loopback when others are listed", listed, []string{"Origin", "http://localhost:3000"}, false},
		{"a page from this very server", listed, []string{"Origin", "http://sluice.test:4566", "Host", "sluice.test:4566"}, true},
		{"everybody", all, []string{"Origin", "https://evil.example.com"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := callJSON(t, c.server, "ListStreams", "{}", c.headers...)
			if c.allowed {
				require.Equal(t, 200, a.status, a.body)
				return
			}
			require.Equal(t, 403, a.status)
			require.Empty(t, a.header.Get("Access-Control-Allow-Origin"))
			require.Contains(t, a.body, "<AccessDeniedException>")
			a = ask(t, c.server, "OPTIONS", "/", "", c.headers...)
			require.Equal(t, 403, a.status)
		})
	}
}

// A page under a name that was made to resolve to this machine asks by GET, which
// browsers send without an origin.
func TestBrowsersUnderOtherNames(t *testing.T) {
	plain := open(t, &streamsRoom{})
	named := open(t, &streamsRoom{}, func(c *Config) { c.HostNames = []string{"sluice.test"} })
	checked := open(t, &streamsRoom{}, func(c *Config) { c.Keys = testKeys })
	listed := open(t, &streamsRoom{}, func(c *Config) { c.CORSOrigins = []string{"http://app.example.com:4566"} })
	rebound := []string{"Host", "evil.example.com:4566", "Accept-Language", "en"}
	for _, c := range []struct {
		name    string
		server  *Server
		headers []string
		allowed bool
	}{
		{"a rebound name", plain, rebound, false},
		{"a rebound name, signed as it seems", plain, append([]string{"Authorization", "AWS4-HMAC-SHA256 Credential=a"}, rebound...), false},
		{"a rebound name, of a browser that says more", plain, append([]string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Site", "same-origin"}, rebound...), false},
		{"a page that leaves the languages empty", plain, []string{"Host", "evil.example.com:4566", "Accept-Language", ""}, false},
		{"another name than is known", named, rebound, false},
		{"a browser here", plain, []string{"Accept-Language", "en"}, true},
		{"a browser, a bucket in the name", plain, []string{"Accept-Language", "en", "Host", "bucket.localhost:4566"}, true},
		{"a browser, by a name that is known", named, []string{"Accept-Language", "en", "Host", "sluice.test"}, true},
		{"a browser, by the name of a page that may call", listed, []string{"Accept-Language", "en", "Host", "app.example.com:4566"}, true},
		{"a program by any name", plain, []string{"Host", "sluice:4566"}, true},
		{"fetch of Node.js", plain, []string{"Host", "sluice:4566", "Accept-Language", "*", "Sec-Fetch-Mode", "cors"}, true},
		{"where signatures are checked", checked, rebound, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			reached := 0
			c.server.gate.current.Load().Handle(Route{Pattern: "/key", Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ })})
			for _, method := range []string{"GET", "HEAD"} {
				a := ask(t, c.server, method, "/key", "", c.headers...)
				require.Equal(t, c.allowed, a.status != 403, "%s: %d %s", method, a.status, a.body)
			}
			require.Equal(t, c.allowed, reached == 2)
		})
	}
}

// A simple request, which browsers send without asking first, must not have
// an effect.
func TestForeignPagesReachNoRoom(t *testing.T) {
	room := &streamsRoom{}
	s := open(t, room)
	m := s.gate.current.Load()
	reached := false
	m.Handle(Route{Pattern: "/plain", Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true })})
	a := ask(t, s, "POST", "/plain", "x", "Origin", "https://evil.example.com", "Content-Type", "text/plain")
	require.Equal(t, 403, a.status)
	require.False(t, reached)
	require.Equal(t, 200, ask(t, s, "POST", "/plain", "x").status)
	require.True(t, reached)
}

// Headers that browsers send once are looked at whole when they come more often.
func TestSeveralOrigins(t *testing.T) {
	for _, values := range [][]string{{"http://localhost", "http://evil.example.com"}, {"", "http://evil.example.com"}} {
		r := &http.Request{Header: http.Header{"Origin": values}}
		origin, _ := pageOf(r)
		require.Equal(t, "null", origin)
		require.True(t, fromPage(r))
	}
	_, crossSite := pageOf(&http.Request{Header: http.Header{"Sec-Fetch-Site": {"same-origin", "Cross-Site"}}})
	require.True(t, crossSite)
	origin, crossSite := pageOf(&http.Request{Header: http.Header{}})
	require.Empty(t, origin)
	require.False(t, crossSite)
}

// What stands after a name must be a port.
func TestHostsByWhichNobodyIsKnown(t *testing.T) {
	h := hosts{names: []string{"sluice.test"}}
	for _, host := range []string{"localhost", "LOCALHOST.:80", "a.localhost", "[::1]:1", "[::1]", "127.9.9.9:", "sluice.test:4566", "10.0.0.1:4566"} {
		require.True(t, h.know(host, "10.0.0.1:80"), host)
	}
	for _, host := range []string{"", "localhost:80,evil.example.com", "localhost:evil.example.com", "localhost:80:80", "localhost..", "10.0.0.2:80", "[::1].evil.example.com", "localhost@evil.example.com"} {
		require.False(t, h.know(host, "10.0.0.1:80"), host)
	}
}
