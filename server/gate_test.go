package server

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

func TestRequestsWaitForTheFirstInstance(t *testing.T) {
	s := openBare(t)
	require.Equal(t, 503, ask(t, s, "GET", "/_sluice/health", "").status)
	got := make(chan answer, 1)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	go func() {
		a, _ := tryAsk(t.Context(), &http.Client{Transport: transport}, s.url(), "POST", "/", strings.NewReader("{}"),
			"Content-Type", json11Type, "X-Amz-Target", listTarget, "Authorization", signed, "X-Amz-Date", "x")
		got <- a
	}()
	eventually(t, "the connection is there", func() bool { return s.entrance.opened.Load() == 2 })
	install(t, s, "kinesis", &streamsRoom{})
	require.Equal(t, 200, (<-got).status)
}

func TestWaitingIsBounded(t *testing.T) {
	s := openBare(t, func(c *Config) { c.WaitTimeout = 20 * time.Millisecond })
	a := callJSON(t, s, "ListStreams", "{}")
	require.Equal(t, 500, a.status)
	require.JSONEq(t, `{"__type":"InternalFailure"}`, a.body)
	a = ask(t, s, "POST", "/", "{}", "Content-Type", cbor11Type, "X-Amz-Target", listTarget)
	require.Equal(t, 500, a.status)
	require.Equal(t, cbor11Type, a.header.Get("Content-Type"))
}

func TestCallsUnderWayEndBeforeTheirInstance(t *testing.T) {
	entered, hold := make(chan struct{}), make(chan struct{})
	s := open(t, &streamsRoom{list: func(context.Context) (*kinesis.ListStreamsOutput, error) {
		close(entered)
		<-hold
		return &kinesis.ListStreamsOutput{StreamNames: []string{"old"}, HasMoreStreams: aws.Bool(false)}, nil
	}})
	first, second := make(chan answer, 1), make(chan answer, 1)
	go func() { first <- callJSON(t, s, "ListStreams", "{}") }()
	<-entered
	replaced := make(chan error, 1)
	order := make(chan string, 2)
	go func() {
		replaced <- s.Replace(t.Context(), func(context.Context) (*Mounts, error) {
			order <- "opened"
			m := NewMounts()
			return m, m.Mount("kinesis", &streamsRoom{})
		})
	}()
	eventually(t, "the old instance refuses calls", func() bool { return s.gate.current.Load() == nil })
	require.Contains(t, ask(t, s, "GET", "/_sluice/health", "").body, `"draining"`)
	go func() { second <- callJSON(t, s, "ListStreams", "{}") }()
	order <- "released"
	close(hold)
	require.Contains(t, (<-first).body, "old")
	require.NoError(t, <-replaced)
	require.Contains(t, (<-second).body, "123456789012")
	require.Equal(t, "released", <-order, "the new instance opens when the old one has no calls")
}

func TestCallsThatDoNotEndAreCancelled(t *testing.T) {
	entered := make(chan struct{})
	s := open(t, &streamsRoom{list: func(ctx context.Context) (*kinesis.ListStreamsOutput, error) {
		close(entered)
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	got := make(chan answer, 1)
	go func() { got <- callJSON(t, s, "ListStreams", "{}") }()
	<-entered
	requireDrained(t, s, time.Second)
	require.Equal(t, 500, (<-got).status)
}

// requireDrained drains the instance by a clock that passes the given waits,
// one after the other, and stands still in the next one: there the calls must
// end, however long the machine takes.
func requireDrained(t *testing.T, s *Server, waits ...time.Duration) {
	t.Helper()
	host := still()
	drained := make(chan error, 1)
	m := s.gate.current.Load()
	go func() { drained <- m.drain(t.Context(), host, waits[0]) }()
	for _, d := range waits {
		eventually(t, "it waits for calls, or for none", func() bool { return len(drained) > 0 || host.State().Next != nil })
		host.Step(d)
	}
	require.NoError(t, <-drained)
}

// Calls that have ended by the time somebody looks have not taken too long,
// whatever the clock says then.
func TestCallsThatEndAtTheLastMoment(t *testing.T) {
	host := still()
	var c calls
	c.init()
	c.close()
	late, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		require.True(t, c.await(late, host, 0))
	}
}

func TestInstanceThatCannotBeReplaced(t *testing.T) {
	s := open(t, &streamsRoom{}, func(c *Config) { c.WaitTimeout = 10 * time.Millisecond })
	err := s.Replace(t.Context(), func(context.Context) (*Mounts, error) { return nil, errBoom })
	require.ErrorIs(t, err, errBoom)
	require.Equal(t, 500, callJSON(t, s, "ListStreams", "{}").status)
	install(t, s, "kinesis", &streamsRoom{})
	require.Equal(t, 200, callJSON(t, s, "ListStreams", "{}").status)
}

// A hundred replacements under load: every call is answered by one instance or
// the next, every stream ends cleanly, and nothing is left behind.
func TestReplaceAHundredTimes(t *testing.T) {
	s := openBare(t)
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	direct := &http.Client{Transport: transport}
	next := func(n int) *Mounts {
		room := newFanout().room()
		room.list = func(context.Context) (*kinesis.ListStreamsOutput, error) {
			return &kinesis.ListStreamsOutput{StreamNames: []string{fmt.Sprint("instance-", n)}, HasMoreStreams: aws.Bool(false)}, nil
		}
		m := NewMounts()
		require.NoError(t, m.Mount("kinesis", room))
		return m
	}
	require.NoError(t, s.Install(t.Context(), next(0)))
	goroutines, descriptors := runtime.NumGoroutine(), countDescriptors(t)

	var load sync.WaitGroup
	var calls, streams atomic.Int64
	var failure atomic.Pointer[string]
	stop := make(chan struct{})
	post := func(target, body, want string) bool {
		a, err := tryAsk(t.Context(), direct, s.url(), "POST", "/", strings.NewReader(body), "Content-Type", json11Type,
			"X-Amz-Target", "Kinesis_20131202."+target, "Authorization", signed, "X-Amz-Date", "x")
		if err != nil || a.status != 200 || !strings.Contains(a.body, want) {
			text := fmt.Sprint(target, err, a.status, a.body)
			failure.Store(&text)
			return false
		}
		return true
	}
	worker := func(count *atomic.Int64, target, body, want string) {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if !post(target, body, want) {
				return
			}
			count.Add(1)
		}
	}
	for range 4 {
		load.Go(func() { worker(&calls, "ListStreams", "{}", "instance-") })
		load.Go(func() { worker(&streams, "SubscribeToShard", subscribeJSON, "initial-response") })
	}
	for n := range 100 {
		seen := calls.Load()
		require.NoError(t, s.Install(t.Context(), next(n+1)))
		eventually(t, "calls and streams reach the new instance", func() bool {
			_, open := s.gate.current.Load().calls.count()
			return calls.Load() > seen && open > 0 || failure.Load() != nil
		})
		require.Nil(t, failure.Load())
	}
	close(stop)
	ended := make(chan struct{})
	go func() { load.Wait(); close(ended) }()
	eventually(t, "the last streams end with their instance", func() bool {
		require.NoError(t, s.Install(t.Context(), next(101)))
		select {
		case <-ended:
			return true
		default:
			return false
		}
	})
	require.Nil(t, failure.Load())
	require.Greater(t, streams.Load(), int64(50))
	transport.CloseIdleConnections()
	eventually(t, "goroutines are as before", func() bool { return runtime.NumGoroutine() <= goroutines+3 })
	eventually(t, "descriptors are as before", func() bool { return countDescriptors(t) <= descriptors+3 })
}

// countDescriptors counts this process's open files, 0 where that is not possible.
func countDescriptors(t testing.TB) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(list)
}
