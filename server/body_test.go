package server

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

// putJSON is a PutRecord whose body has n bytes or a few more.
func putJSON(n int) string {
	return `{"StreamName":"a","PartitionKey":"k","Data":"` + strings.Repeat("AAAA", n/4) + `"}`
}

// sizes returns a room that notes the size of each record.
func sizes(got chan<- int) *streamsRoom {
	return &streamsRoom{put: func(_ context.Context, in *kinesis.PutRecordInput) (*kinesis.PutRecordOutput, error) {
		got <- len(in.Data)
		return &kinesis.PutRecordOutput{ShardId: aws.String("s"), SequenceNumber: aws.String("1")}, nil
	}}
}

func zip(t testing.TB, body string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

func TestBodies(t *testing.T) {
	got := make(chan int, 1)
	s := open(t, sizes(got))
	post := func(body io.Reader, more ...string) answer {
		a, err := tryAsk(t.Context(), http.DefaultClient, s.url(), "POST", "/", body, append([]string{"Content-Type", json11Type,
			"X-Amz-Target", "Kinesis_20131202.PutRecord", "Authorization", signed, "X-Amz-Date", "x"}, more...)...)
		require.NoError(t, err)
		return a
	}
	// An io.Reader that hides its length is sent in chunks.
	chunked := func(body string) io.Reader { return io.MultiReader(strings.NewReader(body)) }
	for _, n := range []int{4, 40_000, 300_000, 10 << 20} {
		for name, body := range map[string]func() answer{
			"plain":   func() answer { return post(strings.NewReader(putJSON(n))) },
			"chunked": func() answer { return post(chunked(putJSON(n))) },
			"gzip":    func() answer { return post(strings.NewReader(zip(t, putJSON(n))), "Content-Encoding", "gzip") },
			"100":     func() answer { return post(strings.NewReader(putJSON(n)), "Expect", "100-continue") },
		} {
			t.Run(fmt.Sprint(name, n), func(t *testing.T) {
				a := body()
				require.Equal(t, 200, a.status, a.body)
				require.Equal(t, n/4*3, <-got)
			})
		}
	}
	eventually(t, "the memory is free", func() bool { return s.budget.held.Load() == 0 })
}

func TestBodiesThatAreRefused(t *testing.T) {
	s := open(t, &streamsRoom{})
	post := func(body io.Reader, more ...string) answer {
		a, err := tryAsk(t.Context(), http.DefaultClient, s.url(), "POST", "/", body, append([]string{"Content-Type", json11Type,
			"X-Amz-Target", listTarget, "Authorization", signed, "X-Amz-Date", "x"}, more...)...)
		require.NoError(t, err)
		return a
	}
	refused := func(t *testing.T, a answer) {
		t.Helper()
		require.Equal(t, 413, a.status)
		require.Empty(t, a.body)
		for _, h := range []string{"Content-Type", "x-amzn-RequestId", "x-amz-id-2"} {
			require.Empty(t, a.header.Get(h))
		}
	}
	hundred := int64(100 << 20)
	t.Run("100 MiB", func(t *testing.T) {
		refused(t, post(&zeros{n: hundred}, "Expect", "100-continue"))
	})
	t.Run("100 MiB, not announced by Expect", func(t *testing.T) {
		a, err := tryAsk(t.Context(), http.DefaultClient, s.url(), "POST", "/", &zeros{n: hundred}, "X-Amz-Target", listTarget)
		if err == nil { // the client may be still writing when the answer comes
			refused(t, a)
		}
	})
	t.Run("100 MiB in chunks", func(t *testing.T) {
		a, err := tryAsk(t.Context(), http.DefaultClient, s.url(), "POST", "/", io.MultiReader(&zeros{n: hundred}), "X-Amz-Target", listTarget)
		if err == nil { // the client may be still writing when the answer comes
			refused(t, a)
		}
	})
	t.Run("one byte too many", func(t *testing.T) {
		refused(t, post(strings.NewReader(strings.Repeat(" ", DefaultMaxBody+1))))
		require.Equal(t, 400, post(strings.NewReader(strings.Repeat(" ", DefaultMaxBody))).status)
	})
	t.Run("a body limit comes before the method", func(t *testing.T) {
		a, err := tryAsk(t.Context(), http.DefaultClient, s.url(), "PUT", "/", strings.NewReader(strings.Repeat(" ", DefaultMaxBody+1)))
		require.NoError(t, err)
		refused(t, a)
	})
	t.Run("gzip bomb", func(t *testing.T) {
		// Packed streams may follow one another: this is a gigabyte.
		bomb := strings.Repeat(zip(t, strings.Repeat(" ", 1<<20)), 1<<10)
		require.Less(t, len(bomb), 2<<20)
		refused(t, post(strings.NewReader(bomb), "Content-Encoding", "gzip"))
	})
	t.Run("not gzip", func(t *testing.T) {
		a := post(strings.NewReader("{}"), "Content-Encoding", "gzip")
		require.Equal(t, 400, a.status)
		require.JSONEq(t, `{"__type":"SerializationException"}`, a.body)
	})
	t.Run("truncated gzip", func(t *testing.T) {
		noise := make([]byte, 100_000)
		_, err := rand.Read(noise)
		require.NoError(t, err)
		whole := zip(t, string(noise))
		a := post(strings.NewReader(whole[:50_000]), "Content-Encoding", "GZIP")
		require.Equal(t, 400, a.status)
		require.JSONEq(t, `{"__type":"SerializationException"}`, a.body)
	})
	t.Run("truncated body", func(t *testing.T) {
		for _, head := range []string{"Content-Length: 10\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n5\r\n{", "Transfer-Encoding: chunked\r\n\r\nzz\r\n"} {
			c := dial(t, s)
			_, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: "+listTarget+"\r\n"+head)
			require.NoError(t, err)
			require.NoError(t, c.(interface{ CloseWrite() error }).CloseWrite())
			response, err := http.ReadResponse(bufio.NewReader(c), nil)
			require.NoError(t, err)
			require.Equal(t, 400, response.StatusCode)
			requireHangup(t, c)
		}
	})
	eventually(t, "the memory is free", func() bool { return s.budget.held.Load() == 0 })
}

// zeros is a body of n bytes that takes no memory.
type zeros struct{ n int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.n == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.n)
	clear(p[:n])
	z.n -= n
	return int(n), nil
}

func TestBodyLimitOfAnOperation(t *testing.T) {
	s := openBare(t)
	m := NewMounts()
	require.NoError(t, m.Mount("kinesis", &streamsRoom{}, MaxBody("PutRecord", 100)))
	require.NoError(t, s.Install(t.Context(), m))
	require.Equal(t, 413, callJSON(t, s, "PutRecord", putJSON(100)).status)
	require.Equal(t, 200, callJSON(t, s, "PutRecord", putJSON(4)).status)
	require.Equal(t, 200, callJSON(t, s, "ListStreams", "{"+strings.Repeat(" ", 200)+"}").status)
}

// The connection stays usable after Expect, and the body is asked for only
// when it will be read.
func TestExpectContinue(t *testing.T) {
	s := open(t, &streamsRoom{})
	c := dial(t, s)
	head := "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: " + json11Type + "\r\nX-Amz-Target: " + listTarget +
		"\r\nAuthorization: " + signed + "\r\nX-Amz-Date: x\r\nContent-Length: 2\r\n\r\n"
	in := bufio.NewReader(c)
	for range 2 {
		_, err := io.WriteString(c, head)
		require.NoError(t, err)
		line, err := in.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "HTTP/1.1 100 Continue\r\n", line)
		_, err = in.ReadString('\n')
		require.NoError(t, err)
		_, err = io.WriteString(c, "{}")
		require.NoError(t, err)
		response, err := http.ReadResponse(in, nil)
		require.NoError(t, err)
		require.Equal(t, 200, response.StatusCode)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
	}
}

func TestRequestsWaitForMemory(t *testing.T) {
	const body = 200_000 // weighs twice that; two do not fit into 600 000... and one does
	hold := make(chan struct{})
	entered := make(chan struct{}, 10)
	room := &streamsRoom{put: func(context.Context, *kinesis.PutRecordInput) (*kinesis.PutRecordOutput, error) {
		entered <- struct{}{}
		<-hold
		return &kinesis.PutRecordOutput{ShardId: aws.String("s"), SequenceNumber: aws.String("1")}, nil
	}}
	s := open(t, room, func(c *Config) { c.MemoryLimit = 1 << 20; c.WaitTimeout = 100 * time.Millisecond })
	first := make(chan answer, 2)
	for range 2 {
		go func() { first <- callJSON(t, s, "PutRecord", putJSON(body)) }()
	}
	<-entered
	<-entered
	// A third finds no memory in time and fails as the service does.
	a := callJSON(t, s, "PutRecord", putJSON(body))
	require.Equal(t, 500, a.status)
	require.JSONEq(t, `{"__type":"InternalFailure"}`, a.body)
	// Small ones still pass.
	require.Equal(t, 200, callJSON(t, s, "ListStreams", "{}").status)
	close(hold)
	require.Equal(t, 200, (<-first).status)
	require.Equal(t, 200, (<-first).status)
	eventually(t, "the memory is free", func() bool { return s.budget.held.Load() == 0 })
	require.Equal(t, 200, callJSON(t, s, "PutRecord", putJSON(body)).status)
	eventually(t, "the memory is free", func() bool { return s.budget.held.Load() == 0 })
}

func TestBodyThatStandsStill(t *testing.T) {
	s := open(t, &streamsRoom{}, func(c *Config) { c.BodyTimeout = 50 * time.Millisecond })
	c := dial(t, s)
	_, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{")
	require.NoError(t, err)
	requireHangup(t, c)
	eventually(t, "its memory is free", func() bool { return s.budget.held.Load() == 0 })
}

func TestHugeBodiesDoNotStayInThePool(t *testing.T) {
	var b buffers
	huge := b.get(5 << 20)
	require.GreaterOrEqual(t, cap(*huge), 5<<20)
	b.put(huge)
	require.LessOrEqual(t, cap(*b.get(1)), 4<<10)
	require.Equal(t, 1<<20, cap(*b.get(300_000)))
}
