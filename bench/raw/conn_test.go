package raw

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func dial(t *testing.T, h http.HandlerFunc) *Conn {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c, err := Dial(strings.TrimPrefix(server.URL, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

func TestAnswersOfManySizesOnOneConnection(t *testing.T) {
	size := 0
	c := dial(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/chunked" {
			w.(http.Flusher).Flush()
		}
		w.WriteHeader(200 + size%3)
		io.WriteString(w, strings.Repeat("x", size))
	})
	for _, path := range []string{"/", "/chunked"} {
		for _, size = range []int{0, 1, 2047, 2049, 100_000, 5, 3_000_000, 7} {
			answer, err := c.Do([]byte("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"))
			require.NoError(t, err)
			require.Len(t, answer.Body, size)
			if path == "/" {
				require.Equal(t, 200+size%3, answer.Status)
			}
		}
	}
	require.Greater(t, c.Received(), int64(6_000_000))
}

func TestStreamIsReadChunkByChunk(t *testing.T) {
	c := dial(t, func(w http.ResponseWriter, _ *http.Request) {
		for _, part := range []string{"one", strings.Repeat("two", 50_000), "three"} {
			io.WriteString(w, part)
			w.(http.Flusher).Flush()
		}
	})
	answer, err := c.Open([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
	require.NoError(t, err)
	require.Equal(t, 200, answer.Status)
	var all []byte
	for {
		chunk, err := c.Chunk()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		all = append(all, chunk...)
	}
	require.Equal(t, "one"+strings.Repeat("two", 50_000)+"three", string(all))
}

func TestBrokenAnswersAreErrors(t *testing.T) {
	for _, text := range []string{
		"", "HTTP/1.1 200 OK\r\n", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("y", 70_000),
	} {
		near, far := net.Pipe()
		go func() {
			io.ReadFull(far, make([]byte, 3))
			io.WriteString(far, text)
			far.Close()
		}()
		c := &Conn{socket: near, buffer: make([]byte, firstBuffer)}
		_, err := c.Do([]byte("GET"))
		require.Error(t, err, "%.40q", text)
		near.Close()
	}
}
