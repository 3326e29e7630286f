package poller

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"

	"sluice/lambda/function"
	"sluice/shards"
)

// half is the middle of a hash range.
func half(from, to string) string {
	a, _ := new(big.Int).SetString(from, 10)
	b, _ := new(big.Int).SetString(to, 10)
	return a.Add(a, b).Rsh(a, 1).String()
}

// Moving the clock fires the window, and returns when the function was called.
func TestBatchingWindowByTheClock(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	var got seen
	w.handle(func(data []string) string { got.add(data); return "" })
	w.put("orders", "a", "b")
	p := w.start(w.mapping("orders", func(m *Mapping) { m.BatchingWindow = 5 * time.Minute }))
	require.Empty(t, got.all())
	require.Equal(t, "the batch to fill", p.Status().Shards[0].WaitingFor)
	w.step(5 * time.Minute)
	require.Equal(t, [][]string{{"a", "b"}}, got.all())

	last := w.put("orders", "c")[0]
	w.step(5 * time.Minute)
	require.Equal(t, [][]string{{"a", "b"}, {"c"}}, got.all(), "the window began with the arrival")
	require.Equal(t, last, w.saved.of("m-orders", shard0).After)
	st := p.Status()
	require.Equal(t, OK, st.LastResult)
	require.Equal(t, "records", st.Shards[0].WaitingFor)
	require.EqualValues(t, 3, st.Counters.Polled)
	require.EqualValues(t, 2, st.Counters.Invocations)
	require.Zero(t, st.Counters.InFlightBytes)
}

func TestStartingPositions(t *testing.T) {
	for _, c := range []struct {
		position string
		want     string
	}{{TrimHorizon, "[old between new]"}, {AtTimestamp, "[between new]"}, {Latest, "[new]"}} {
		t.Run(c.position, func(t *testing.T) {
			w := newWorld(t)
			w.create("orders", 1)
			var got seen
			w.handle(func(data []string) string { got.add(data); return "" })
			w.put("orders", "old")
			w.step(time.Minute)
			since := w.clock.Now()
			w.put("orders", "between") // at the very time of the mapping
			m := w.mapping("orders", func(m *Mapping) { m.StartingPosition, m.StartingTimestamp = c.position, since })
			p := w.start(m)
			p.Stop()
			w.put("orders", "new") // while nothing runs: LATEST must have been stored
			w.start(m)
			require.Equal(t, c.want, fmt.Sprint(slices.Concat(got.all()...)))
		})
	}
}

func TestShardsThatAppearAreReadFromTheirBeginning(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	var got seen
	w.handle(func(data []string) string { got.add(data); return "" })
	w.put("orders", "unseen")
	m := w.mapping("orders", func(m *Mapping) { m.StartingPosition = Latest })
	p := w.start(m)
	p.Stop()
	w.split("orders", shard0)
	w.put("orders", "a", "b", "c", "d")
	w.start(m)
	require.ElementsMatch(t, []string{"a", "b", "c", "d"}, slices.Concat(got.all()...))
}

func TestDisabledKeepsItsPosition(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	var got seen
	w.handle(func(data []string) string { got.add(data); return "" })
	m := w.mapping("orders", func(m *Mapping) { m.StartingPosition = Latest })
	p := w.start(m)
	w.put("orders", "a")
	w.settle()
	off := m
	off.Enabled = false
	require.NoError(t, p.Update(off))
	w.settle()
	require.True(t, p.Status().Settled)
	require.Equal(t, "the mapping to be enabled", p.Status().Shards[0].WaitingFor)
	w.put("orders", "b")
	w.step(time.Hour)
	require.Len(t, got.all(), 1)
	m.BatchSize = 1
	w.put("orders", "c")
	require.NoError(t, p.Update(m))
	w.settle()
	require.Equal(t, [][]string{{"a"}, {"b"}, {"c"}}, got.all())
	require.Error(t, p.Update(Mapping{}))
}

// New settings wait for the call that is under way.
func TestUpdateWaitsForTheCall(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	var got seen
	entered, leave := make(chan struct{}, 1), make(chan struct{})
	w.handle(func(data []string) string {
		got.add(data)
		if len(got.all()) == 1 {
			entered <- struct{}{}
			<-leave
		}
		return ""
	})
	m := w.mapping("orders", func(m *Mapping) { m.BatchSize = 2 })
	w.put("orders", "a", "b", "c", "d")
	p, err := Start(w.config, m)
	require.NoError(t, err)
	t.Cleanup(p.Stop)
	<-entered
	m.BatchSize = 1
	require.NoError(t, p.Update(m))
	require.False(t, p.Status().Settled)
	close(leave)
	w.settle()
	require.True(t, p.Status().Settled)
	require.Equal(t, [][]string{{"a", "b"}, {"c"}, {"d"}}, got.all())
}

func TestStreamGoesAndComes(t *testing.T) {
	w := newWorld(t)
	var got seen
	w.handle(func(data []string) string { got.add(data); return "" })
	p := w.start(w.mapping("orders"))
	require.Equal(t, StreamNotFound, p.Status().LastResult)
	require.Equal(t, "the stream does not exist", p.Status().Trouble)
	require.Nil(t, w.clock.State().Next, "nothing polls for it")
	w.create("orders", 1)
	w.put("orders", "a")
	w.settle()
	require.Equal(t, [][]string{{"a"}}, got.all())

	_, err := w.streams.DeleteStream(w.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("orders")})
	require.NoError(t, err)
	w.step(time.Second)
	require.Equal(t, StreamNotFound, p.Status().LastResult)
	w.step(time.Hour)
	w.create("orders", 1)
	w.put("orders", "b")
	w.settle()
	require.Equal(t, [][]string{{"a"}, {"b"}}, got.all())
	require.Equal(t, OK, p.Status().LastResult)
}

// A stream that takes a while to become ACTIVE is waited for without polling.
func TestStreamBeingCreated(t *testing.T) {
	w := newWorld(t, func(c *shards.Config) { c.Transition.Duration = time.Minute })
	_, err := w.streams.CreateStream(w.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("orders"), ShardCount: aws.Int32(1)})
	require.NoError(t, err)
	var got seen
	w.handle(func(data []string) string { got.add(data); return "" })
	w.start(w.mapping("orders"))
	w.step(time.Minute)
	w.put("orders", "a")
	w.settle()
	require.Equal(t, [][]string{{"a"}}, got.all())
}

// Iterators live for five minutes; an idle shard outlives them.
func TestIdleForHours(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	var got seen
	w.handle(func(data []string) string { got.add(data); return "" })
	w.start(w.mapping("orders"))
	for range 3 {
		w.step(3 * time.Hour)
		w.put("orders", "a")
		w.settle()
	}
	require.Len(t, got.all(), 3)
}

// Reads are charged: a mapping leaves one read in five to others, and one that
// was refused all the same leaves most of them for a while.
func TestReadLimits(t *testing.T) {
	w := newWorld(t, func(c *shards.Config) { c.Limits = shards.Limits{Enforced: true} })
	w.create("orders", 1)
	var got seen
	w.handle(func(data []string) string { got.add(data); return "" })
	p := w.start(w.mapping("orders"))
	put := func(n int) {
		for range n {
			w.put("orders", "a")
			w.settle()
		}
	}
	put(20)
	require.Equal(t, 4, w.readsSoFar(), "of the five that the shard allows")
	require.Equal(t, "the next read", p.Status().Shards[0].WaitingFor)
	w.step(251 * time.Millisecond)
	require.Len(t, slices.Concat(got.all()...), 20)

	it, err := w.streams.GetShardIterator(w.ctx, &kinesis.GetShardIteratorInput{StreamName: aws.String("orders"),
		ShardId: aws.String(shard0), ShardIteratorType: "LATEST"})
	require.NoError(t, err)
	for err == nil { // somebody else uses up what is left
		_, err = w.streams.GetRecords(w.ctx, &kinesis.GetRecordsInput{ShardIterator: it.ShardIterator})
	}
	w.step(time.Microsecond)
	before := w.readsSoFar()
	for range 8 {
		put(1)
		w.step(250 * time.Millisecond)
	}
	require.Len(t, slices.Concat(got.all()...), 28)
	require.LessOrEqual(t, w.readsSoFar()-before, 8)
	require.Equal(t, OK, p.Status().LastResult)
}

func (w *world) readsSoFar() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reads
}

// Mappings at the same place share what is read.
func TestSharedReads(t *testing.T) {
	const mappings = 50
	w := newWorld(t)
	w.create("orders", 1)
	var calls atomic.Int32
	w.handle(func(data []string) string { calls.Add(int32(len(data))); return "" })
	for i := range mappings {
		w.start(w.mapping("orders", func(m *Mapping) { m.UUID = fmt.Sprint("m", i) }))
	}
	before := w.readsSoFar()
	for range 10 {
		w.put("orders", "a")
		w.settle()
	}
	require.EqualValues(t, mappings*10, calls.Load())
	require.LessOrEqual(t, w.readsSoFar()-before, 30)
}

func TestFilters(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	var got seen
	w.handle(func(data []string) string { got.add(data); return "" })
	p := w.start(w.mapping("orders", func(m *Mapping) {
		m.Pass = func(r *Record) bool { return string(r.Data) == "yes" }
	}))
	w.put("orders", "no", "yes", "no")
	last := w.put("orders", "no")[0]
	w.settle()
	require.Equal(t, [][]string{{"yes"}}, got.all())
	require.Equal(t, last, w.saved.of("m-orders", shard0).After, "what is filtered moves the checkpoint")
	require.EqualValues(t, 3, p.Status().Counters.FilteredOut)
}

// 7.2 and 1.8: a failure reaches its destination with all it must tell.
func TestFailureIsDelivered(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	w.answer(func(in function.Invocation) (function.Result, error) {
		return function.Result{Error: function.Unhandled, Version: "$LATEST"}, nil
	})
	p := w.start(w.mapping("orders", func(m *Mapping) {
		m.MaximumRetryAttempts, m.OnFailure = 1, "arn:aws:sqs:eu-west-1:123456789012:dead"
	}))
	seqs := w.put("orders", "a")
	w.settle()
	w.step(time.Second)
	all := w.failed.all()
	require.Len(t, all, 1)
	require.Equal(t, "arn:aws:sqs:eu-west-1:123456789012:dead", all[0].Destination)
	require.Equal(t, shard0, all[0].ShardID)
	require.Contains(t, string(all[0].Document), `"condition":"RetryAttemptsExhausted","approximateInvokeCount":2},"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"}`)
	require.Contains(t, string(all[0].Document), `"startSequenceNumber":"`+seqs[0]+`","endSequenceNumber":"`+seqs[0]+`"`)
	require.Equal(t, seqs[0], eventOf(t, all[0].Payload).Records[0].Kinesis.SequenceNumber)
	require.Equal(t, FunctionFailed, p.Status().LastResult)
	require.EqualValues(t, 1, p.Status().Counters.Delivered)
	require.EqualValues(t, 2, p.Status().Counters.Errors)
}

func TestFunctionMissing(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	var missing atomic.Bool
	missing.Store(true)
	w.answer(func(function.Invocation) (function.Result, error) {
		if missing.Load() {
			return function.Result{}, &function.NotInvoked{Code: "ResourceNotFoundException", Message: "Function not found"}
		}
		return function.Result{}, nil
	})
	p := w.start(w.mapping("orders", func(m *Mapping) { m.MaximumRetryAttempts = 0 }))
	w.put("orders", "a")
	w.settle()
	w.step(time.Hour)
	require.Equal(t, FunctionNotFound, p.Status().LastResult)
	require.Equal(t, "ResourceNotFoundException: Function not found", p.Status().Shards[0].LastError)
	missing.Store(false)
	w.step(time.Minute)
	require.Equal(t, OK, p.Status().LastResult)
	require.Empty(t, w.failed.all())
}

// A function that hangs stops its shard; a stop of the mapping ends the call.
func TestHang(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	entered := make(chan struct{})
	hung := hanging{w, entered}
	w.config.Invoker = hung
	m := w.mapping("orders")
	w.put("orders", "a")
	p, err := Start(w.config, m)
	require.NoError(t, err)
	<-entered
	st := p.Status()
	require.Equal(t, 1, st.Shards[0].InFlight)
	require.Positive(t, st.Counters.InFlightBytes)
	p.Stop()
	require.Equal(t, w.startOf("orders"), w.saved.of(m.UUID, shard0).After)
}

// startOf is the sequence number that the stream's first shard starts with.
func (w *world) startOf(stream string) string {
	out, err := w.streams.ListShards(w.ctx, &kinesis.ListShardsInput{StreamName: &stream})
	require.NoError(w.t, err)
	return *out.Shards[0].SequenceNumberRange.StartingSequenceNumber
}

func TestTumblingWindowsByTheClock(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	var told seen
	w.answer(func(in function.Invocation) (function.Result, error) {
		e := eventOf(t, in.Payload)
		told.add([]string{fmt.Sprintf("%s %d %s %t", e.Window.Start, len(e.Records), e.State, e.Final)})
		return function.Result{Payload: fmt.Appendf(nil, `{"state":{"calls":%d}}`, len(told.all()))}, nil
	})
	m := w.mapping("orders", func(m *Mapping) { m.TumblingWindow = 30 * time.Second })
	p := w.start(m)
	first := w.saved.of(m.UUID, shard0).After
	last := w.put("orders", "a", "b")[1]
	w.settle()
	require.Equal(t, first, w.saved.of(m.UUID, shard0).After, "the state is not stored, so the window is repeated whole")
	w.step(30 * time.Second)
	require.Equal(t, last, w.saved.of(m.UUID, shard0).After)
	all := told.all()
	require.Equal(t, `[2026-01-05T10:00:00Z 0 {"calls":`+fmt.Sprint(len(all)-1)+`} true]`, fmt.Sprint(all[len(all)-1]))
	w.step(time.Hour)
	require.Len(t, told.all(), len(all), "no window without records")
	require.Equal(t, "records", p.Status().Shards[0].WaitingFor)
}

// The promise of 1.10 outlives a kill without a stored state: the checkpoint
// moves when a window closes, so that its records come again to an empty state,
// and the last call sees the state of all of them, each counted once.
func TestKillInTheMiddleOfAWindow(t *testing.T) {
	t.Run("1.10 the window is repeated whole", func(t *testing.T) {
		w := newWorld(t)
		w.create("orders", 1)
		var told seen
		w.answer(func(in function.Invocation) (function.Result, error) {
			e := eventOf(t, in.Payload)
			var state struct{ Sum int }
			require.NoError(t, json.Unmarshal(e.State, &state))
			told.add([]string{fmt.Sprintf("%d+%d %t", state.Sum, len(e.Records), e.Final)})
			return function.Result{Payload: fmt.Appendf(nil, `{"state":{"Sum":%d}}`, state.Sum+len(e.Records))}, nil
		})
		m := w.mapping("orders", func(m *Mapping) { m.TumblingWindow = 30 * time.Second; m.BatchSize = 2 })
		w.put("orders", "a", "b", "c") // before there is a reader, which would take them one by one
		p, err := Start(w.config, m)
		require.NoError(t, err)
		w.settle()
		p.Stop()
		require.Equal(t, [][]string{{"0+2 false"}, {"2+1 false"}}, told.all())

		w.start(m)
		w.settle()
		last := w.put("orders", "d")[0]
		w.settle()
		w.step(30 * time.Second)
		all := told.all()[2:]
		require.Equal(t, []string{"0+2 false"}, all[0], "from the beginning of the window")
		require.Equal(t, []string{"4+0 true"}, all[len(all)-1], "all four, once each")
		require.Equal(t, last, w.saved.of(m.UUID, shard0).After)
	})
}

func parseBig(s string) (*big.Int, bool) { return new(big.Int).SetString(s, 10) }

func bigShift(n int64, bits uint) *big.Int { return new(big.Int).Lsh(big.NewInt(n), bits) }
