package server

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

// laneRequest is a request that the lane serves, with further header lines.
func laneRequest(operation, body string, lines ...string) string {
	head := "POST / HTTP/1.1\r\nHost: localhost:4566\r\nX-Amz-Target: Kinesis_20131202." + operation +
		"\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Date: 20261125T000000Z\r\n" +
		"Authorization: AWS4-HMAC-SHA256 Credential=000000000000/20261125/eu-west-1/kinesis/aws4_request, SignedHeaders=host, Signature=0\r\n"
	for _, line := range lines {
		head += line + "\r\n"
	}
	return fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
}

const onePut = `{"StreamName":"s","PartitionKey":"k","Data":"AAAA"}`

// same tells whether the lane and net/http read a head alike.
func same(t *testing.T, h *laneHead, head []byte) {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
	require.NoError(t, err, "%q", head)
	got := http.Header{}
	h.fill(got)
	require.Equal(t, r.Header, got, "%q", head)
	require.Equal(t, r.Host, h.host)
	require.Equal(t, r.ContentLength, h.length)
	require.Empty(t, r.TransferEncoding)
	require.False(t, r.Close)
	require.Equal(t, "POST / HTTP/1.1", r.Method+" "+r.RequestURI+" "+r.Proto)
}

func TestLaneHead(t *testing.T) {
	whole := laneRequest("PutRecord", onePut, "User-Agent:\t aws-sdk-go-v2 ", "amz-sdk-invocation-id: 1-2", "Accept-Encoding: identity")
	head := whole[:len(whole)-len(onePut)]
	h := &laneHead{}
	require.True(t, h.parse([]byte(head)))
	same(t, h, []byte(head))
	require.True(t, h.parse([]byte(head)), "again, in the same memory")
	same(t, h, []byte(head))

	with := func(old, new string) string { return strings.Replace(head, old, new, 1) }
	for name, odd := range map[string]string{
		"another method":         with("POST", "PUT"),
		"another path":           with("POST / ", "POST /x "),
		"a query":                with("POST / ", "POST /?a=b "),
		"another version":        with("HTTP/1.1", "HTTP/1.0"),
		"two blanks":             with("POST /", "POST  /"),
		"no target":              with("X-Amz-Target", "X-Amz-Other"),
		"no host":                with("Host: localhost:4566\r\n", ""),
		"a strange host":         with("localhost:4566", "local host"),
		"no length":              with("Content-Length", "Content-Longth"),
		"two lengths":            with("Content-Length", "Content-Length: 5\r\nContent-Length"),
		"two lengths, other":     with("Content-Length", "content-length: 51\r\nContent-Length"),
		"a length with a sign":   with("Content-Length: ", "Content-Length: +"),
		"a length with a comma":  with("Content-Length: 5", "Content-Length: 51, 5"),
		"a length in hex":        with("Content-Length: ", "Content-Length: 0x"),
		"no body":                with("Content-Length: 51", "Content-Length: 0"),
		"chunks":                 with("Content-Length", "Transfer-Encoding: chunked\r\nContent-Length"),
		"chunks, odd":            with("Content-Length", "Transfer-Encoding:\tchunked\r\nContent-Length"),
		"a blank before colon":   with("Content-Length:", "Content-Length :"),
		"a name with underscore": with("Content-Length", "Content_Length: 3\r\nContent-Length"),
		"a folded line":          with("Content-Length", "X-A: b\r\n c\r\nContent-Length"),
		"a folded first line":    with("Host", " Host"),
		"a bare LF":              with("\r\nContent-Type", "\nContent-Type"),
		"a bare CR":              with("Content-Type: ", "Content-Type: \r"),
		"a zero byte":            with("Content-Type: ", "Content-Type: \x00"),
		"beyond ASCII":           with("Content-Type: ", "Content-Type: é"),
		"an empty name":          with("Content-Length", ": x\r\nContent-Length"),
		"no colon":               with("Content-Length", "Nonsense\r\nContent-Length"),
		"a header twice":         with("Content-Length", "x-amz-date: 1\r\nContent-Length"),
		"expect":                 with("Content-Length", "Expect: 100-continue\r\nContent-Length"),
		"upgrade":                with("Content-Length", "Upgrade: h2c\r\nContent-Length"),
		"close":                  with("Content-Length", "Connection: close\r\nContent-Length"),
		"gzip":                   with("Content-Length", "Content-Encoding: gzip\r\nContent-Length"),
		"a web page":             with("Content-Length", "Origin: http://example.com\r\nContent-Length"),
		"many headers":           with("Content-Length", strings.Repeat("X-A: b\r\n", 40)+"Content-Length"),
	} {
		require.False(t, h.parse([]byte(odd)), name)
	}
}

// TestLaneHeadAfterAnother: what was known of the head before changes nothing.
func TestLaneHeadAfterAnother(t *testing.T) {
	lines := []string{"Host: a", "Host: b", "X-Amz-Target: c.d", "x-amz-target: c.e", "Content-Length: 1", "Content-Length: 22", "content-length: 1",
		"Accept: x", "Accept: y", "User-Agent: z", "Te: t", "Connection: keep-alive", "bad"}
	dice := rand.New(rand.NewPCG(1, 2))
	h, header, taken := &laneHead{}, http.Header{}, 0
	made := []string{"Host: a", "X-Amz-Target: c.d", "Content-Length: 1"}
	for range 20_000 {
		switch at := dice.IntN(len(made)); dice.IntN(4) {
		case 0:
			made[at] = lines[dice.IntN(len(lines))]
		case 1:
			made = slices.Insert(made, at, lines[dice.IntN(len(lines))])
		case 2:
			if len(made) > 3 {
				made = slices.Delete(made, at, at+1)
			}
		}
		head := []byte("POST / HTTP/1.1\r\n" + strings.Join(made, "\r\n") + "\r\n\r\n")
		fresh := &laneHead{}
		require.Equal(t, fresh.parse(head), h.parse(head), "%q", head)
		if h.count == 0 {
			made = []string{"Host: a", "X-Amz-Target: c.d", "Content-Length: 1", "Accept: x"}
			continue
		}
		taken++
		h.fill(header)
		require.Equal(t, fresh.host+" "+fresh.target+fmt.Sprint(fresh.length), h.host+" "+h.target+fmt.Sprint(h.length))
		want := http.Header{}
		fresh.fill(want)
		require.Equal(t, want, header, "%q", head)
	}
	require.Greater(t, taken, 2000)
}

// FuzzLaneHead: what the lane takes, net/http takes as well, and for the same,
// whatever came before.
func FuzzLaneHead(f *testing.F) {
	whole := laneRequest("PutRecord", onePut)
	small := []byte("POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: b\r\nContent-Length: 1\r\n\r\n")
	f.Add([]byte(whole[:len(whole)-len(onePut)]), small)
	f.Add(small, []byte("POST / HTTP/1.1\r\nHost: a\r\nHost: a\r\nContent-Length: 1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, before, head []byte) {
		h := &laneHead{}
		for _, head := range [][]byte{before, head, before} {
			if bytes.Index(head, []byte("\r\n\r\n")) != len(head)-4 || len(head) < 4 {
				return
			}
			if h.parse(head) {
				same(t, h, head)
			}
		}
	})
}

// dialLane opens a connection whose answers are read in turn.
func dialLane(t *testing.T, s *Server) (net.Conn, func() answer) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url(), "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
	r := bufio.NewReader(c)
	return c, func() answer {
		t.Helper()
		response, err := http.ReadResponse(r, nil)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return answer{status: response.StatusCode, header: response.Header, body: string(body)}
	}
}

// TestLanePipelining: requests that come at once, in whatever pieces, are
// answered one by one, and so are those behind one that leaves the lane.
func TestLanePipelining(t *testing.T) {
	n := 0
	s := open(t, &streamsRoom{put: func(_ context.Context, in *kinesis.PutRecordInput) (*kinesis.PutRecordOutput, error) {
		n++
		return &kinesis.PutRecordOutput{ShardId: in.PartitionKey, SequenceNumber: aws.String(fmt.Sprint(n, " ", len(in.Data)))}, nil
	}})
	large := `{"StreamName":"s","PartitionKey":"large","Data":"` + strings.Repeat("AAAA", 50_000) + `"}`
	chunked := strings.Replace(laneRequest("PutRecord", "33\r\n"+onePut+"\r\n0\r\n\r\n"), "Content-Length: 62", "Transfer-Encoding: chunked", 1)
	require.Contains(t, chunked, "chunked")
	all := laneRequest("PutRecord", onePut) + laneRequest("PutRecord", large) + laneRequest("PutRecord", onePut) +
		laneRequest("PutRecord", "{") + chunked + laneRequest("PutRecord", onePut) + laneRequest("PutRecord", onePut, "Connection: close")
	for _, piece := range []int{1, 7, 100, 5000, len(all)} {
		t.Run(fmt.Sprint(piece), func(t *testing.T) {
			n = 0
			text := all
			if piece < 100 {
				text = strings.Replace(all, laneRequest("PutRecord", large), "", 1)
			}
			c, next := dialLane(t, s)
			go func() {
				for rest := range slices.Chunk([]byte(text), piece) {
					if _, err := c.Write(rest); err != nil {
						return
					}
				}
			}()
			want := []string{"1 3", "2 150000", "3 3", "", "4 3", "5 3", "6 3"}
			if piece < 100 {
				want = []string{"1 3", "2 3", "", "3 3", "4 3", "5 3"}
			}
			for _, number := range want {
				a := next()
				if number == "" {
					require.Equal(t, 400, a.status)
					continue
				}
				require.Equal(t, 200, a.status, a.body)
				require.Contains(t, a.body, `"`+number+`"`)
			}
			_, err := c.Read(make([]byte, 1))
			require.ErrorIs(t, err, io.EOF)
		})
	}
}

// TestLaneAnswersAlike: the lane and net/http answer with the same head.
func TestLaneAnswersAlike(t *testing.T) {
	s := open(t, &streamsRoom{})
	for _, body := range []string{onePut, `{`, `{}`, `{"StreamName":5}`, `[]`} {
		c, next := dialLane(t, s)
		_, err := io.WriteString(c, laneRequest("PutRecord", body)+laneRequest("PutRecord", body, "Te: trailers"))
		require.NoError(t, err)
		inLane, outside := next(), next()
		require.Equal(t, outside.status, inLane.status, body)
		require.Equal(t, outside.body, inLane.body, body)
		require.Equal(t, slices.Sorted(maps.Keys(outside.header)), slices.Sorted(maps.Keys(inLane.header)), body)
		require.Equal(t, outside.header["Content-Type"], inLane.header["Content-Type"], body)
	}
}

// TestLaneLeaves: what is not for the lane is answered on the same connection,
// with what came before it and what comes behind.
func TestLaneLeaves(t *testing.T) {
	s := open(t, &streamsRoom{})
	for name, odd := range map[string]string{
		"unknown":  laneRequest("Nonsense", "{}"),
		"admin":    "GET /_sluice/health HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"too long": laneRequest("PutRecord", onePut, "X-Long: "+strings.Repeat("x", laneBuffer)),
	} {
		t.Run(name, func(t *testing.T) {
			c, next := dialLane(t, s)
			_, err := io.WriteString(c, laneRequest("PutRecord", onePut)+odd+laneRequest("PutRecord", onePut))
			require.NoError(t, err)
			require.Equal(t, 200, next().status)
			next()
			require.Equal(t, 200, next().status)
		})
	}
	t.Run("bad", func(t *testing.T) {
		c, next := dialLane(t, s)
		_, err := io.WriteString(c, laneRequest("PutRecord", onePut)+laneRequest("PutRecord", onePut, "Content-Length: 4"))
		require.NoError(t, err)
		require.Equal(t, 200, next().status)
		require.Equal(t, 400, next().status, "two lengths")
	})
}

// TestLaneEnds: connections in the lane end with the server, idle ones at once,
// and one that has a request under way after the answer.
func TestLaneEnds(t *testing.T) {
	began, goOn := make(chan struct{}), make(chan struct{})
	s := open(t, &streamsRoom{put: func(context.Context, *kinesis.PutRecordInput) (*kinesis.PutRecordOutput, error) {
		close(began)
		<-goOn
		return &kinesis.PutRecordOutput{ShardId: aws.String("0"), SequenceNumber: aws.String("1")}, nil
	}})
	idle, answered := dialLane(t, s)
	_, err := io.WriteString(idle, laneRequest("ListStreams", "{}"))
	require.NoError(t, err)
	require.Equal(t, 200, answered().status)
	half, _ := dialLane(t, s)
	_, err = io.WriteString(half, "POST / HT")
	require.NoError(t, err)
	busy, next := dialLane(t, s)
	_, err = io.WriteString(busy, laneRequest("PutRecord", onePut))
	require.NoError(t, err)
	<-began
	closed := make(chan error)
	go func() { closed <- s.Close(context.Background()) }()
	for _, c := range []net.Conn{idle, half} {
		_, err = c.Read(make([]byte, 1))
		require.Error(t, err)
	}
	close(goOn)
	require.Equal(t, 200, next().status)
	require.NoError(t, <-closed)
	_, err = busy.Read(make([]byte, 1))
	require.Error(t, err)
}
