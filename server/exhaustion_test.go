package server

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// lives holds a server to answering others after an attack.
func lives(t *testing.T, s *Server) {
	t.Helper()
	require.Equal(t, 200, callJSON(t, s, "ListStreams", "{}").status)
}

// A body of a few bytes that does not come is not waited for for ever either,
// in the lane and outside.
func TestSmallBodyThatStandsStill(t *testing.T) {
	s := open(t, &streamsRoom{}, func(c *Config) { c.BodyTimeout = 50 * time.Millisecond })
	for name, head := range map[string]string{
		"in the lane": "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: Kinesis_20131202.ListStreams\r\nContent-Length: 100\r\n\r\n{",
		"outside":     "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
		"admin":       "POST /_sluice/clock HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
		"none of it":  "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, s)
			_, err := io.WriteString(c, head)
			require.NoError(t, err)
			requireHangup(t, c)
		})
	}
	lives(t, s)
}

// A body that takes memory must come at a rate, however steadily it trickles.
func TestTricklingBodyEnds(t *testing.T) {
	at := time.Unix(0, 0)
	require.Equal(t, at.Add(time.Minute+512*time.Second), bodyEnd(at, time.Minute, 16<<20))
	require.Equal(t, at.Add(time.Minute+2*time.Second), bodyEnd(at, time.Minute, 64<<10))
}

// A client that never reads its answers loses its connection, and holds no
// more than what the kernel and one answer take.
func TestClientThatDoesNotRead(t *testing.T) {
	s := open(t, &streamsRoom{}, func(c *Config) { c.IdleTimeout = 200 * time.Millisecond })
	for name, call := range map[string]string{
		"in the lane": "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: Kinesis_20131202.ListStreams\r\nContent-Length: 2\r\n\r\n{}",
		"outside":     "GET /x HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, s)
			flood := []byte(strings.Repeat(call, 1000))
			for range 1000 {
				if _, err := c.Write(flood); err != nil {
					break // closed by the other side, as it should be
				}
			}
			eventually(t, "the connection is gone", func() bool { return s.entrance.open.Load() == 0 })
		})
	}
}

// More connections than there is room for are turned away, and those that are
// there are served.
func TestConnectionStorm(t *testing.T) {
	s := open(t, &streamsRoom{}, func(c *Config) { c.MaxConnections = 100 })
	first := dial(t, s)
	eventually(t, "the first is in", func() bool { return s.entrance.open.Load() == 1 })
	var crowd []net.Conn
	for range 500 {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.url(), "http://"))
		if err == nil {
			crowd = append(crowd, c)
		}
	}
	eventually(t, "all have come", func() bool { return s.entrance.opened.Load()+s.entrance.turned.Load() >= int64(len(crowd))+1 })
	require.EqualValues(t, 100, s.entrance.open.Load())
	_, err := io.WriteString(first, "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	require.NoError(t, err)
	requireHangup(t, first)
	for _, c := range crowd {
		_ = c.Close()
	}
	eventually(t, "there is room again", func() bool { return s.entrance.open.Load() == 0 })
	lives(t, s)
	require.Positive(t, (Config{}).mustFill(t).MaxConnections)
}

func (c Config) mustFill(t *testing.T) Config {
	t.Helper()
	c, err := c.filled()
	require.NoError(t, err)
	return c
}

// Many headers, large ones, and header blocks that never end are bounded.
func TestHeaderFloods(t *testing.T) {
	s := open(t, &streamsRoom{})
	t.Run("HTTP/1.1", func(t *testing.T) {
		c := dial(t, s)
		go func() { _, _ = io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\n"+strings.Repeat("a: b\r\n", 1<<18)) }()
		got, _ := io.ReadAll(c)
		require.True(t, strings.HasPrefix(string(got), "HTTP/1.1 431 "), string(got[:min(len(got), 40)]))
	})
	t.Run("HTTP/2, continued for ever", func(t *testing.T) {
		c, f := http2Conn(t, s)
		block := headerBlock(t, "x-a", strings.Repeat("a", 1000))
		require.NoError(t, f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block, EndStream: true}))
		var err error
		for range 100_000 {
			if err = f.WriteContinuation(1, false, block); err != nil {
				break
			}
		}
		require.Error(t, err, "a hundred megabytes of headers were taken")
		requireHangup(t, c)
	})
	lives(t, s)
}

func http2Conn(t *testing.T, s *Server) (net.Conn, *http2.Framer) {
	t.Helper()
	c := dial(t, s)
	_, err := io.WriteString(c, http2.ClientPreface)
	require.NoError(t, err)
	f := http2.NewFramer(c, c)
	require.NoError(t, f.WriteSettings())
	return c, f
}

func headerBlock(t *testing.T, more ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	fields := append([]string{":method", "POST", ":scheme", "http", ":path", "/", ":authority", "x",
		"x-amz-target", "Kinesis_20131202.ListStreams", "content-type", json11Type}, more...)
	for i := 0; i < len(fields); i += 2 {
		require.NoError(t, e.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}))
	}
	return b.Bytes()
}

// Streams that are opened and reset at once, pings and settings nobody waits
// for: each costs a bounded queue, then the connection.
func TestHTTP2Floods(t *testing.T) {
	running := make(chan struct{})
	room := &streamsRoom{put: func(ctx context.Context, _ *kinesis.PutRecordInput) (*kinesis.PutRecordOutput, error) {
		<-running
		return &kinesis.PutRecordOutput{ShardId: aws.String("s"), SequenceNumber: aws.String("1")}, ctx.Err()
	}}
	s := open(t, room)
	for name, attack := range map[string]func(f *http2.Framer, i uint32) error{
		"rapid reset": func(f *http2.Framer, i uint32) error {
			if err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: 2*i + 1, BlockFragment: headerBlock(t), EndHeaders: true}); err != nil {
				return err
			}
			return f.WriteRSTStream(2*i+1, http2.ErrCodeCancel)
		},
		"ping":     func(f *http2.Framer, _ uint32) error { return f.WritePing(false, [8]byte{}) },
		"settings": func(f *http2.Framer, _ uint32) error { return f.WriteSettings() },
	} {
		t.Run(name, func(t *testing.T) {
			c, f := http2Conn(t, s)
			for i := range uint32(30_000) {
				if attack(f, i) != nil {
					break
				}
				if i%1000 == 0 {
					calls, _ := s.gate.current.Load().calls.count()
					require.LessOrEqual(t, calls, maxStreams)
				}
			}
			_ = c.Close()
			lives(t, s)
		})
	}
	close(running)
	eventually(t, "no call is left", func() bool {
		calls, _ := s.gate.current.Load().calls.count()
		return calls == 0 && s.budget.held.Load() == 0
	})
}

// A body that unpacks to a thousand times its size is refused at the limit, and
// takes no more memory than that.
func TestDecompressionBomb(t *testing.T) {
	s := open(t, &streamsRoom{})
	bomb := zip(t, strings.Repeat(" ", 1<<26))
	require.Less(t, len(bomb), 1<<20)
	a, err := tryAsk(t.Context(), http.DefaultClient, s.url(), "POST", "/", strings.NewReader(bomb), "Content-Type", json11Type,
		"X-Amz-Target", "Kinesis_20131202.PutRecord", "Authorization", signed, "X-Amz-Date", "x", "Content-Encoding", "gzip")
	require.NoError(t, err)
	require.Equal(t, 413, a.status)
	eventually(t, "its memory is free", func() bool { return s.budget.held.Load() == 0 })
}

// Nothing nests or counts so much that it costs more than its bytes.
func TestDeepAndMany(t *testing.T) {
	s := open(t, &streamsRoom{})
	for name, body := range map[string]string{
		"lists":   strings.Repeat("[", 1<<20),
		"objects": strings.Repeat(`{"a":`, 1<<20),
		"members": "{" + strings.Repeat(`"a":1,`, 1<<20) + `"a":1}`,
	} {
		t.Run(name, func(t *testing.T) { require.Less(t, callJSON(t, s, "PutRecord", body).status, 500) })
	}
	for name, body := range map[string]string{
		"lists in CBOR": strings.Repeat("\x81", 1<<20),
		"maps in CBOR":  strings.Repeat("\xa1\x61a", 1<<20),
		"tags in CBOR":  strings.Repeat("\xc0", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			a, err := tryAsk(t.Context(), http.DefaultClient, s.url(), "POST", "/service/Kinesis_20131202/operation/PutRecord", strings.NewReader(body),
				"Content-Type", "application/cbor", "Smithy-Protocol", "rpc-v2-cbor", "Authorization", signed, "X-Amz-Date", "x")
			require.NoError(t, err)
			require.Equal(t, 400, a.status)
		})
	}
	lives(t, s)
}

// One account that takes all the memory it may have leaves some to the others.
func TestAccountsDoNotStarveEachOther(t *testing.T) {
	hold := make(chan struct{})
	entered := make(chan struct{}, 10)
	room := &streamsRoom{put: func(context.Context, *kinesis.PutRecordInput) (*kinesis.PutRecordOutput, error) {
		entered <- struct{}{}
		<-hold
		return &kinesis.PutRecordOutput{ShardId: aws.String("s"), SequenceNumber: aws.String("1")}, nil
	}}
	s := open(t, room, func(c *Config) { c.MemoryLimit = 8 << 20; c.WaitTimeout = 100 * time.Millisecond })
	as := func(account string) answer {
		a, err := tryAsk(context.Background(), http.DefaultClient, s.url(), "POST", "/", strings.NewReader(putJSON(450_000)), "Content-Type", json11Type,
			"X-Amz-Target", "Kinesis_20131202.PutRecord", "Authorization", strings.Replace(signed, "Credential=", "Credential="+account+"/20260105/us-east-1/kinesis/aws4_request, X=", 1), "X-Amz-Date", "x")
		if err != nil {
			return answer{}
		}
		return a
	}
	done := make(chan answer, 10)
	for range 8 {
		go func() { done <- as("111111111111") }() // 0.9 MB each; the ninth does not fit
	}
	for range 8 {
		<-entered
	}
	require.Equal(t, 500, as("111111111111").status, "the account has all that it may have")
	go func() { done <- as("222222222222") }()
	<-entered // another account finds room
	close(hold)
	for range 9 {
		require.Equal(t, 200, (<-done).status)
	}
	require.Empty(t, s.budget.lines)
}
