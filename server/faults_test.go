package server

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"

	"sluice/internal/clock"
	"sluice/server/fault"
	"sluice/server/wire"
)

// order puts a rule to work over the admin API.
func order(t testing.TB, s *Server, rule string) string {
	t.Helper()
	a := ask(t, s, "POST", "/_sluice/faults", rule)
	require.Equal(t, 201, a.status, a.body)
	id, _, _ := strings.Cut(strings.TrimPrefix(a.body, `{"id":"`), `"`)
	return id
}

// withdraw ends a rule and checks how often it has struck.
func withdraw(t testing.TB, s *Server, id string, fired int64) {
	t.Helper()
	r, ok := s.faults.Delete(id)
	require.True(t, ok)
	require.Equal(t, fired, r.Fired, "fired of %+v", r)
}

// countingRoom counts the calls of PutRecord.
func countingRoom(calls *atomic.Int32) *streamsRoom {
	return &streamsRoom{put: func(context.Context, *kinesis.PutRecordInput) (*kinesis.PutRecordOutput, error) {
		calls.Add(1)
		return &kinesis.PutRecordOutput{ShardId: aws.String("shardId-000000000000"), SequenceNumber: aws.String(strings.Repeat("7", 50))}, nil
	}}
}

const (
	putTarget = "Kinesis_20131202.PutRecord"
	putBody   = `{"StreamName":"a","PartitionKey":"k","Data":"eA=="}`
	putAnswer = `{"ShardId":"shardId-000000000000","SequenceNumber":"77777777777777777777777777777777777777777777777777"}`
)

// put sends a PutRecord over a transport.
func put(t *testing.T, s *Server, name string, transport http.RoundTripper) (answer, error) {
	t.Helper()
	scheme, _, _ := strings.Cut(name, " ")
	return tryAsk(t.Context(), &http.Client{Transport: transport}, scheme+strings.TrimPrefix(s.url(), "http"), "POST", "/", strings.NewReader(putBody),
		"Content-Type", json11Type, "X-Amz-Target", putTarget, "Authorization", signed, "X-Amz-Date", "x")
}

// Each effect, as it looks on each transport.
func TestFaultsOnTheWire(t *testing.T) {
	var calls atomic.Int32
	s := open(t, countingRoom(&calls))
	host := clock.Host()
	for name, transport := range transports(t, s) {
		try := func(t *testing.T, effect string) (answer, time.Duration, error) {
			t.Helper()
			calls.Store(0)
			id := order(t, s, `{"match":{"operation":"PutRecord"},"when":{"first":1},"effect":`+effect+`}`)
			began := host.Now()
			a, err := put(t, s, name, transport)
			took := host.Now().Sub(began)
			withdraw(t, s, id, 1)
			after, clean := put(t, s, name, transport)
			require.NoError(t, clean, "the next call is served")
			require.Equal(t, putAnswer, after.body)
			require.Empty(t, after.header.Get(faultHeader))
			calls.Add(-1)
			return a, took, err
		}
		t.Run(name, func(t *testing.T) {
			a, _, err := try(t, `{"error":{"code":"ResourceInUseException","message":"busy"}}`)
			require.NoError(t, err)
			require.Equal(t, 400, a.status)
			require.JSONEq(t, `{"__type":"ResourceInUseException","message":"busy"}`, a.body)
			require.NotEmpty(t, a.header.Get(faultHeader))
			require.Zero(t, calls.Load())

			a, _, err = try(t, `{"error":{"code":"ServiceUnavailable"}}`)
			require.NoError(t, err)
			require.Equal(t, 503, a.status)
			require.JSONEq(t, `{"__type":"ServiceUnavailable"}`, a.body)

			a, _, err = try(t, `{"throttle":true}`)
			require.NoError(t, err)
			require.Equal(t, 400, a.status)
			require.JSONEq(t, `{"__type":"ProvisionedThroughputExceededException","message":"Rate exceeded"}`, a.body)
			require.Zero(t, calls.Load())

			a, took, err := try(t, `{"latency":"60ms"}`)
			require.NoError(t, err)
			require.Equal(t, putAnswer, a.body)
			require.GreaterOrEqual(t, took, 60*time.Millisecond)

			_, _, err = try(t, `{"reset":"before"}`)
			requireBroken(t, name, err)
			require.Zero(t, calls.Load(), "nothing has happened")

			_, _, err = try(t, `{"reset":"after"}`)
			requireBroken(t, name, err)
			require.EqualValues(t, 1, calls.Load(), "the call has run and its answer is lost")

			a, _, err = try(t, `{"truncate":true}`)
			require.Error(t, err)
			require.Equal(t, 200, a.status)
			require.Equal(t, putAnswer[:len(putAnswer)/2], a.body)
			require.EqualValues(t, 1, calls.Load())

			a, took, err = try(t, fmt.Sprintf(`{"bytesPerSecond":%d}`, 10*len(putAnswer)))
			require.NoError(t, err)
			require.Equal(t, putAnswer, a.body)
			require.GreaterOrEqual(t, took, 90*time.Millisecond)
		})
	}
}

// requireBroken wants a TCP reset of HTTP/1.1 and a reset of the stream of
// HTTP/2.
func requireBroken(t *testing.T, name string, err error) {
	t.Helper()
	require.Error(t, err)
	switch name {
	case "http HTTP/1.1":
		require.ErrorIs(t, err, syscall.ECONNRESET)
	case "http HTTP/2.0", "https HTTP/2.0":
		require.ErrorContains(t, err, "INTERNAL_ERROR")
	}
}

// An answer without a body is cut all the same, and so is an error.
func TestEveryAnswerCanBeCut(t *testing.T) {
	s := open(t, &streamsRoom{})
	order(t, s, `{"effect":{"truncate":true}}`)
	for _, call := range []struct{ operation, body string }{{"AddTagsToStream", `{"StreamName":"a","Tags":{"a":"b"}}`}, {"ListStreams", `{}`}} {
		_, err := tryAsk(t.Context(), http.DefaultClient, s.url(), "POST", "/", strings.NewReader(call.body), "Content-Type", json11Type,
			"X-Amz-Target", "Kinesis_20131202."+call.operation, "Authorization", signed, "X-Amz-Date", "x")
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, call.operation)
	}
	order(t, s, `{"effect":{"error":{"code":"A","message":"a text that is long enough"}}}`)
	_, err := put(t, s, "http", http.DefaultTransport)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

// Subscriptions end when they are told to, over every transport.
func TestEndSubscription(t *testing.T) {
	f := newFanout()
	s := open(t, f.room())
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	go func() {
		for {
			select {
			case f.feed <- anEvent("x"):
			case <-done:
				return
			}
		}
	}()
	for name, transport := range transports(t, s) {
		for _, c := range []struct {
			effect string
			events int
			clean  bool
		}{
			{`{"endSubscription":"clean"}`, 1, true},
			{`{"endSubscription":{"how":"clean","events":3}}`, 3, true},
			{`{"endSubscription":{"how":"clean","events":0}}`, 0, true},
			{`{"endSubscription":"reset"}`, 1, false},
			{`{"endSubscription":{"how":"reset","events":0}}`, 0, false},
			{`{"truncate":true}`, 0, false},
		} {
			t.Run(name+" "+c.effect, func(t *testing.T) {
				id := order(t, s, `{"match":{"consumer":"c"},"effect":`+c.effect+`}`)
				events, err := readEvents(t, s, name, transport)
				withdraw(t, s, id, 1)
				require.Equal(t, c.events, events)
				require.Equal(t, c.clean, err == nil, "%v", err)
				<-f.ended
			})
		}
		t.Run(name+" reset after", func(t *testing.T) {
			id := order(t, s, `{"effect":{"reset":"after"}}`)
			_, err := readEvents(t, s, name, transport)
			withdraw(t, s, id, 1)
			requireBroken(t, name, err)
			require.ErrorIs(t, <-f.ended, context.Canceled, "the room is told")
		})
	}
}

// readEvents subscribes, reads to the end and counts the whole events.
func readEvents(t *testing.T, s *Server, name string, transport http.RoundTripper) (int, error) {
	t.Helper()
	scheme, _, _ := strings.Cut(name, " ")
	a, err := tryAsk(t.Context(), &http.Client{Transport: transport}, scheme+strings.TrimPrefix(s.url(), "http"), "POST", "/",
		strings.NewReader(`{"ConsumerARN":"arn:aws:kinesis:eu-west-3:123456789012:stream/a/consumer/c:1","ShardId":"shardId-000000000000","StartingPosition":{"Type":"LATEST"}}`),
		"Content-Type", json11Type, "X-Amz-Target", "Kinesis_20131202.SubscribeToShard", "Authorization", signed, "X-Amz-Date", "x")
	events := -1 // the first message is no event
	for rest := []byte(a.body); len(rest) > 0; events++ {
		_, _, n, bad := wire.ParseFrame(rest)
		if bad != nil || n == 0 {
			break
		}
		rest = rest[n:]
	}
	return max(0, events), err
}

func TestFaultsOverTheAdminAPI(t *testing.T) {
	s := open(t, &streamsRoom{})
	require.JSONEq(t, `{"items":[],"next":null}`, ask(t, s, "GET", "/_sluice/faults", "").body)
	a := ask(t, s, "POST", "/_sluice/faults", `{"match":{"operation":"PutRecord","stream":"a"},"when":{"every":2},"effect":{"throttle":true}}`)
	require.Equal(t, 201, a.status)
	require.JSONEq(t, `{"id":"fault-1","match":{"operation":"PutRecord","stream":"a"},"when":{"every":2},"effect":{"throttle":true},"seen":0,"fired":0}`, a.body)
	for _, status := range []int{200, 400, 200, 400, 200} {
		require.Equal(t, status, callJSON(t, s, "PutRecord", putBody).status)
	}
	callJSON(t, s, "PutRecord", strings.Replace(putBody, `"a"`, `"b"`, 1))
	callJSON(t, s, "PutRecord", `{"StreamName":"a"}`) // never comes as far as the rules
	want := `{"id":"fault-1","match":{"operation":"PutRecord","stream":"a"},"when":{"every":2},"effect":{"throttle":true},"seen":5,"fired":2}`
	require.JSONEq(t, want, ask(t, s, "GET", "/_sluice/faults/fault-1", "").body)
	require.JSONEq(t, `{"items":[`+want+`],"next":null}`, ask(t, s, "GET", "/_sluice/faults", "").body)
	text := ask(t, s, "GET", "/metrics", "").body
	require.Contains(t, text, `sluice_fault_seen_total{rule="fault-1"} 5`+"\n")
	require.Contains(t, text, `sluice_fault_fired_total{rule="fault-1"} 2`+"\n")
	struck := s.watch.recent(4)[3]
	require.Equal(t, "fault-1", struck.Fault)
	require.Equal(t, "ProvisionedThroughputExceededException", struck.Error)

	require.JSONEq(t, want, ask(t, s, "DELETE", "/_sluice/faults/fault-1", "").body)
	requireProblem(t, ask(t, s, "DELETE", "/_sluice/faults/fault-1", ""), 404, "NoSuchRule")
	requireProblem(t, ask(t, s, "GET", "/_sluice/faults/fault-1", ""), 404, "NoSuchRule")
	requireProblem(t, ask(t, s, "POST", "/_sluice/faults", `{"match":{"operation":"PutRecord"},"effect":{"expireIterator":true}}`), 400, fault.NeverMatches)
	requireProblem(t, ask(t, s, "POST", "/_sluice/faults", `{"effect":{}}`), 400, fault.Malformed)
	requireProblem(t, ask(t, s, "PUT", "/_sluice/faults", `{}`), 405, "MethodNotAllowed")
	order(t, s, `{"effect":{"throttle":true}}`)
	order(t, s, `{"effect":{"throttle":true}}`)
	require.JSONEq(t, `{"removed":2}`, ask(t, s, "DELETE", "/_sluice/faults", "").body)
}

// What rules can say of the operations of the model.
func TestFaultTargets(t *testing.T) {
	m := NewMounts()
	require.NoError(t, m.Mount("kinesis", &streamsRoom{}))
	of := map[string]fault.Target{}
	for _, target := range m.FaultTargets() {
		of[target.Operation] = target
	}
	require.Equal(t, fault.Target{Service: "kinesis", Operation: "GetRecords", Stream: true, Iterator: true, Answers: true, Throttles: true},
		of["GetRecords"], "this room cannot read iterators")
	require.Equal(t, fault.Target{Service: "kinesis", Operation: "SubscribeToShard", Stream: true, Shard: true, Consumer: true, Events: true, Answers: true, Throttles: true},
		of["SubscribeToShard"])
	require.Equal(t, fault.Target{Service: "kinesis", Operation: "ListStreams", Answers: true, Throttles: true}, of["ListStreams"])
}

// In-process callers meet the same faults.
func TestFaultsInProcess(t *testing.T) {
	var calls atomic.Int32
	room := countingRoom(&calls)
	f := newFanout()
	room.subscribe = f.room().subscribe
	s := open(t, room)
	m := s.gate.current.Load()
	in := &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k"), Data: []byte("x")}
	try := func(ctx context.Context, effect string) error {
		t.Helper()
		calls.Store(0)
		id := order(t, s, `{"effect":`+effect+`}`)
		_, err := Call[*kinesis.PutRecordOutput](ctx, m, "kinesis", "PutRecord", in)
		if ctx == t.Context() {
			withdraw(t, s, id, 1)
		} else {
			withdraw(t, s, id, 0)
		}
		return err
	}
	var got *wire.Fault
	require.ErrorAs(t, try(t.Context(), `{"error":{"code":"A","message":"m"}}`), &got)
	require.Equal(t, &wire.Fault{Code: "A", Message: "m", Status: 400, Sender: true}, got)
	require.ErrorAs(t, try(t.Context(), `{"throttle":true}`), &got)
	require.ErrorIs(t, try(t.Context(), `{"reset":"before"}`), syscall.ECONNRESET)
	require.Zero(t, calls.Load())
	require.ErrorIs(t, try(t.Context(), `{"reset":"after"}`), syscall.ECONNRESET)
	require.EqualValues(t, 1, calls.Load())
	require.ErrorIs(t, try(t.Context(), `{"truncate":true}`), io.ErrUnexpectedEOF)
	require.NoError(t, try(t.Context(), `{"latency":"1ms"}`))
	require.NoError(t, try(Unharmed(t.Context()), `{"throttle":true}`), "what Sluice does for itself is left alone")
	require.NotEmpty(t, s.watch.recent(2)[1].Fault)

	go func() {
		for range 4 {
			f.feed <- anEvent("x")
		}
	}()
	for effect, want := range map[string]error{`{"how":"clean","events":2}`: nil, `{"how":"reset","events":2}`: syscall.ECONNRESET} {
		id := order(t, s, `{"effect":{"endSubscription":`+effect+`}}`)
		stream, err := Call[iter.Seq2[anyEvent, error]](t.Context(), m, "kinesis", "SubscribeToShard", subscription())
		require.NoError(t, err)
		withdraw(t, s, id, 1)
		events, last := 0, error(nil)
		for event, err := range stream {
			if last = err; err == nil {
				require.NotNil(t, event)
				events++
			}
		}
		require.Equal(t, 2, events)
		require.ErrorIs(t, last, want)
		<-f.ended
	}
	id := order(t, s, `{"effect":{"reset":"after"}}`)
	_, err := Call[iter.Seq2[anyEvent, error]](t.Context(), m, "kinesis", "SubscribeToShard", subscription())
	require.ErrorIs(t, err, syscall.ECONNRESET)
	require.ErrorIs(t, <-f.ended, context.Canceled)
	withdraw(t, s, id, 1)
}

// Plain handlers cannot be looked into; how their answers travel is the
// door's all the same.
func TestFaultsOfPlainHandlers(t *testing.T) {
	s := open(t, &streamsRoom{})
	m := NewMounts()
	var calls atomic.Int32
	ten := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		_, _ = io.WriteString(w, "0123456789")
	})
	m.Handle(Route{Service: "s3", Operation: "GetObject", Method: "GET", Pattern: "/bucket/*", Handler: ten,
		Fail: func(w http.ResponseWriter, _ *http.Request, status int, code, message string) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code>"+message+"</Error>")
		}})
	m.Handle(Route{Service: "s3", Operation: "Busy", Method: "GET", Pattern: "/busy/*", Handler: ten,
		Busy: Busy{Status: 503, Code: "SlowDown", Message: "slower"},
		Fail: func(w http.ResponseWriter, _ *http.Request, status int, code, message string) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, code+": "+message)
		}})
	m.Handle(Route{Service: "s3", Operation: "Other", Method: "GET", Pattern: "/other/*", Handler: ten})
	require.NoError(t, s.Install(t.Context(), m))
	get := func(effect string) (answer, error) {
		t.Helper()
		calls.Store(0)
		id := order(t, s, `{"match":{"service":"s3"},"effect":`+effect+`}`)
		// Over a connection that was used before, net/http would ask again.
		fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		a, err := tryAsk(t.Context(), fresh, s.url(), "GET", "/bucket/x", nil)
		withdraw(t, s, id, 1)
		return a, err
	}
	a, err := get(`{"error":{"code":"SlowDown","status":503,"message":"m"}}`)
	require.NoError(t, err)
	require.Equal(t, 503, a.status)
	require.Equal(t, "<Error><Code>SlowDown</Code>m</Error>", a.body)
	_, err = get(`{"reset":"before"}`)
	require.ErrorIs(t, err, syscall.ECONNRESET)
	require.Zero(t, calls.Load())
	_, err = get(`{"reset":"after"}`)
	require.ErrorIs(t, err, syscall.ECONNRESET)
	require.EqualValues(t, 1, calls.Load())
	a, err = get(`{"truncate":true}`)
	require.Error(t, err)
	require.Equal(t, "01234", a.body)
	a, err = get(`{"bytesPerSecond":200}`)
	require.NoError(t, err)
	require.Equal(t, "0123456789", a.body)
	a, err = get(`{"latency":"1ms"}`)
	require.NoError(t, err)
	require.Equal(t, "0123456789", a.body)
	requireProblem(t, ask(t, s, "POST", "/_sluice/faults", `{"match":{"operation":"Other"},"effect":{"error":{"code":"A"}}}`), 400, fault.NeverMatches)
	requireProblem(t, ask(t, s, "POST", "/_sluice/faults", `{"match":{"service":"s3","operation":"GetObject"},"effect":{"throttle":true}}`), 400, fault.NeverMatches)
	id := order(t, s, `{"match":{"service":"s3"},"effect":{"throttle":true}}`)
	require.Equal(t, "SlowDown: slower", ask(t, s, "GET", "/busy/x", "").body)
	withdraw(t, s, id, 1)
	require.Equal(t, "0123456789", ask(t, s, "GET", "/bucket/x", "").body)
}

// A call that is held back lets go when its client does, and when the instance
// closes.
func TestHeldBackCallsDoNotHoldUpTheDoor(t *testing.T) {
	s := open(t, &streamsRoom{})
	order(t, s, `{"effect":{"latency":"1h"}}`)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	send := func(ctx context.Context) {
		_, err := tryAsk(ctx, &http.Client{Transport: &http.Transport{}}, s.url(), "POST", "/", strings.NewReader(putBody), "Content-Type", json11Type,
			"X-Amz-Target", putTarget, "Authorization", signed, "X-Amz-Date", "x")
		ended <- err
	}
	running := func() int {
		n, _ := s.gate.current.Load().calls.count()
		return n
	}
	go send(ctx)
	eventually(t, "the call is held back", func() bool { return running() == 1 })
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	eventually(t, "the call is gone", func() bool { return running() == 0 })

	go send(t.Context())
	eventually(t, "the next is held back", func() bool { return running() == 1 })
	began := clock.Host().Now()
	install(t, s, "kinesis", &streamsRoom{})
	require.NoError(t, <-ended, "it is served without further delay")
	require.Less(t, clock.Host().Now().Sub(began), time.Minute)
}
