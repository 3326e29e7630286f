package server

import (
	"bufio"
	"context"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
	"sluice/internal/coverage"
	"sluice/server/wire"
)

type (
	unknownName  struct{}
	foreignInput struct{}
	wrongOutput  struct{}
	noError      struct{}
	plainStream  struct{}
	tooMuch      struct{}
	notAModel    struct{}
)

type NothingInput struct{}

// ListStreamsInput has the right name and other members.
type ListStreamsInput struct{ Nonsense *string }

func (unknownName) Nothing(context.Context, *NothingInput) (*kinesis.ListStreamsOutput, error) {
	return nil, nil
}
func (foreignInput) ListStreams(context.Context, *kinesis.PutRecordInput) (*kinesis.ListStreamsOutput, error) {
	return nil, nil
}
func (wrongOutput) ListStreams(context.Context, *kinesis.ListStreamsInput, ...opt) (*kinesis.PutRecordOutput, error) {
	return nil, nil
}
func (noError) ListStreams(context.Context, *kinesis.ListStreamsInput) *kinesis.ListStreamsOutput {
	return nil
}
func (plainStream) SubscribeToShard(context.Context, *kinesis.SubscribeToShardInput) (*kinesis.SubscribeToShardOutput, error) {
	return nil, nil
}
func (tooMuch) ListStreams(context.Context, *kinesis.ListStreamsInput, int) (*kinesis.ListStreamsOutput, error) {
	return nil, nil
}
func (notAModel) ListStreams(context.Context, *ListStreamsInput) (*kinesis.ListStreamsOutput, error) {
	return nil, nil
}

func TestMethodsThatDisagreeWithTheModel(t *testing.T) {
	for text, room := range map[string]any{
		"no such operation":          unknownName{},
		"not a ListStreamsInput":     foreignInput{},
		"not a pointer to":           wrongOutput{},
		"a result and an error":      noError{},
		"not an iter.Seq2":           plainStream{},
		"more than a context":        tooMuch{},
		"lacks it":                   notAModel{},
		"struct {} has no operation": struct{}{},
	} {
		t.Run(text, func(t *testing.T) {
			require.ErrorContains(t, NewMounts().Mount("kinesis", room), text)
		})
	}
	m := NewMounts()
	require.ErrorContains(t, m.Mount("nothing", &streamsRoom{}), "no model")
	require.ErrorContains(t, m.Mount("kinesis", &streamsRoom{}, MaxBody("CreateStream", 1)), "CreateStream")
	require.ErrorContains(t, m.Mount("kinesis", &streamsRoom{}, Coverage([]coverage.Entry{{Operation: "Gone"}})), "Gone")
	require.NoError(t, m.Mount("kinesis", &streamsRoom{}))
	require.ErrorContains(t, m.Mount("kinesis", &streamsRoom{}), "mounted already")
}

func TestCoverageTable(t *testing.T) {
	m := NewMounts()
	require.NoError(t, m.Mount("kinesis", &streamsRoom{}, Coverage([]coverage.Entry{
		{Operation: "PutRecord", State: coverage.Real, Notes: "half a line", Test: "TestPutRecord"}})))
	rows := m.Operations()
	model, _ := wire.Find("kinesis")
	require.Len(t, rows, len(model.Operations))
	states := map[string]Operation{}
	for i, row := range rows {
		states[row.Operation] = row
		require.True(t, i == 0 || rows[i-1].Operation < row.Operation)
	}
	require.Equal(t, Operation{"kinesis", "PutRecord", coverage.Real, "half a line", "TestPutRecord"}, states["PutRecord"])
	require.Equal(t, Missing, states["CreateStream"].State, "the room has no such method")
	require.Equal(t, Missing, states["ListStreams"].State, "its header says nothing")
}

func TestCallInProcess(t *testing.T) {
	room := newFanout().room()
	s := open(t, room)
	m := s.gate.current.Load()
	ctx := caller.With(t.Context(), caller.Caller{Account: "1", Region: "r"})
	out, err := Call[*kinesis.ListStreamsOutput](ctx, m, "kinesis", "ListStreams", &kinesis.ListStreamsInput{})
	require.NoError(t, err)
	require.Equal(t, []string{"1", "r"}, out.StreamNames)
	out, err = Call[*kinesis.ListStreamsOutput](t.Context(), m, "kinesis", "ListStreams", &kinesis.ListStreamsInput{})
	require.NoError(t, err)
	require.Equal(t, []string{"000000000000", "us-east-1"}, out.StreamNames)

	_, err = Call[*kinesis.PutRecordOutput](ctx, m, "kinesis", "PutRecord", &kinesis.PutRecordInput{})
	var fault *wire.Fault
	require.ErrorAs(t, err, &fault)
	require.Equal(t, "ValidationException", fault.Code)
	e := s.watch.recent(1)[0]
	require.Equal(t, "ValidationException", e.Error)
	require.Equal(t, "1", e.Account)

	_, err = Call[*kinesis.PutRecordOutput](ctx, m, "kinesis", "ListStreams", &kinesis.ListStreamsInput{})
	require.ErrorContains(t, err, "returns")
	_, err = Call[*kinesis.ListStreamsOutput](ctx, m, "kinesis", "ListStreams", &kinesis.PutRecordInput{})
	require.ErrorContains(t, err, "takes a")
	_, err = Call[*kinesis.ListStreamsOutput](ctx, m, "lambda", "ListStreams", nil)
	require.ErrorContains(t, err, "not mounted")

	room.list = func(context.Context) (*kinesis.ListStreamsOutput, error) { panic("boom") }
	_, err = Call[*kinesis.ListStreamsOutput](ctx, m, "kinesis", "ListStreams", &kinesis.ListStreamsInput{})
	require.ErrorAs(t, err, &fault)
	require.Equal(t, 500, fault.Status)
	room.list = func(context.Context) (*kinesis.ListStreamsOutput, error) {
		return nil, &types.LimitExceededException{}
	}
	_, err = Call[*kinesis.ListStreamsOutput](ctx, m, "kinesis", "ListStreams", &kinesis.ListStreamsInput{})
	var limit *types.LimitExceededException
	require.ErrorAs(t, err, &limit, "errors are the room's own")

	stream, err := Call[iter.Seq2[anyEvent, error]](ctx, m, "kinesis", "SubscribeToShard", subscription())
	require.NoError(t, err)
	install(t, s, "kinesis", room)
	for range stream {
		require.Fail(t, "the stream ends with its instance")
	}
	_, err = Call[*kinesis.ListStreamsOutput](ctx, m, "kinesis", "ListStreams", &kinesis.ListStreamsInput{})
	require.ErrorIs(t, err, ErrClosing)
}

// A panic is one call's failure, on every protocol.
func TestPanicsStayInTheirCall(t *testing.T) {
	room := &streamsRoom{list: func(context.Context) (*kinesis.ListStreamsOutput, error) { panic("boom") }}
	s := open(t, room)
	for name, transport := range transports(t, s) {
		t.Run(name, func(t *testing.T) {
			scheme, _, _ := strings.Cut(name, " ")
			for range 2 {
				a, err := tryAsk(t.Context(), &http.Client{Transport: transport}, scheme+strings.TrimPrefix(s.url(), "http"), "POST", "/", strings.NewReader("{}"),
					"Content-Type", json11Type, "X-Amz-Target", listTarget, "Authorization", signed, "X-Amz-Date", "x")
				require.NoError(t, err)
				require.Equal(t, 500, a.status)
				require.JSONEq(t, `{"__type":"InternalFailure"}`, a.body)
			}
		})
	}
	s.gate.current.Load().Handle(Route{Pattern: "/plain", Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })})
	require.Equal(t, 500, ask(t, s, "GET", "/plain", "").status)
}

func TestPlainHandlers(t *testing.T) {
	s := open(t, &streamsRoom{})
	m := NewMounts()
	m.Handle(Route{Service: "kinesisvideo", Operation: "PutMedia", Method: "POST", Pattern: "/putMedia/{name}", Handler: http.HandlerFunc(echoLines)})
	m.Handle(Route{Pattern: "/socket", Handler: http.HandlerFunc(takeOver)})
	require.NoError(t, s.Install(t.Context(), m))

	t.Run("full duplex", func(t *testing.T) {
		c := dial(t, s)
		in := bufio.NewReader(c)
		_, err := io.WriteString(c, "POST /putMedia/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nAuthorization: "+signed+"\r\n\r\n3\r\none\r\n")
		require.NoError(t, err)
		response, err := http.ReadResponse(in, nil)
		require.NoError(t, err)
		got := make([]byte, 3)
		_, err = io.ReadFull(response.Body, got)
		require.NoError(t, err)
		require.Equal(t, "one", string(got))
		_, err = io.WriteString(c, "3\r\ntwo\r\n0\r\n\r\n")
		require.NoError(t, err)
		rest, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.Equal(t, "two from 123456789012", string(rest))
	})
	t.Run("a connection taken over", func(t *testing.T) {
		c := dial(t, s)
		_, err := io.WriteString(c, "GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		require.NoError(t, err)
		in := bufio.NewReader(c)
		_, err = http.ReadResponse(in, nil)
		require.NoError(t, err)
		_, err = io.WriteString(c, "ping\n")
		require.NoError(t, err)
		line, err := in.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "ping\n", line)
	})
	require.Equal(t, 403, ask(t, s, "GET", "/putMedia/x", "").status)
	require.Eventually(t, func() bool { return len(s.watch.recent(3)) == 3 }, time.Minute, time.Millisecond, "what was taken over is noted when it ends")
	require.Equal(t, "PutMedia", s.watch.recent(3)[2].Operation)
}

// echoLines answers while the body is still coming.
func echoLines(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	_ = control.EnableFullDuplex()
	buf := make([]byte, 100)
	for {
		n, err := r.Body.Read(buf)
		_, _ = w.Write(buf[:n])
		w.(http.Flusher).Flush()
		if err != nil {
			break
		}
	}
	who, _ := caller.From(r.Context())
	_, _ = io.WriteString(w, " from "+who.Account)
}

func takeOver(w http.ResponseWriter, _ *http.Request) {
	c, rw, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	line, _ := rw.ReadString('\n')
	_, _ = io.WriteString(c, line)
}
