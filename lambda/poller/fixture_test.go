package poller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/arn"
	"sluice/internal/caller"
	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/lambda/function"
	"sluice/shards"
	"sluice/store"
)

const (
	testAccount = "123456789012"
	testRegion  = "eu-west-1"
)

func testStart() time.Time { return time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC) }

// world is streams in memory, a clock that only the test moves, a function and
// what mappings need beside them.
type world struct {
	t       testing.TB
	ctx     context.Context
	clock   *clock.Service
	streams *shards.Streams
	readers *Readers
	config  Config
	saved   *savedPositions
	failed  *failures

	mu      sync.Mutex
	handler func(in function.Invocation) (function.Result, error) // guarded by mu
	reads   int                                                   // guarded by mu; GetRecords calls
}

func newWorld(t testing.TB, options ...func(*shards.Config)) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewManual(testStart()), saved: &savedPositions{all: map[string]map[string]Position{}}, failed: &failures{}}
	w.ctx = caller.With(context.Background(), caller.Caller{Account: testAccount, Region: testRegion})
	kept, err := store.Open(store.Options{Memory: true, Now: w.clock.Now})
	require.NoError(t, err)
	c := shards.Config{Clock: w.clock, Host: clock.Host(), Dice: dice.Seeded(1), Hold: w.clock.Hold,
		Log: kept.Log("kinesis"), Catalog: kept.Catalog("kinesis", shards.Apply)}
	for _, o := range options {
		o(&c)
	}
	w.streams, err = shards.Open(w.ctx, c)
	require.NoError(t, err)
	w.readers, err = NewReaders(ReadersConfig{Clock: w.clock, Hold: w.clock.Hold, Source: inProcess{w}, Tips: w.streams})
	require.NoError(t, err)
	w.config = Config{Clock: w.clock, Hold: w.clock.Hold, Dice: dice.Seeded(2), Readers: w.readers,
		Invoker: w, Failures: w.failed, Checkpoints: w.saved}
	w.handle(func([]string) string { return "" })
	t.Cleanup(func() {
		w.readers.Close()
		require.NoError(t, w.streams.Close())
		require.NoError(t, kept.Close())
		w.clock.Close()
	})
	return w
}

// Invoke implements Invoker.
func (w *world) Invoke(ctx context.Context, in function.Invocation) (function.Result, error) {
	w.mu.Lock()
	h := w.handler
	w.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return function.Result{}, err
	}
	return h(in)
}

// answer sets the function.
func (w *world) answer(h func(in function.Invocation) (function.Result, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handler = h
}

// handle has the function get the data of the records and answer a text; one
// that starts with "!" is an error.
func (w *world) handle(h func(data []string) string) {
	w.answer(func(in function.Invocation) (function.Result, error) {
		var data []string
		for _, r := range eventOf(w.t, in.Payload).Records {
			data = append(data, string(r.Kinesis.Data))
		}
		text := h(data)
		if text != "" && text[0] == '!' {
			return function.Result{Error: function.Unhandled, Version: "$LATEST", Payload: fmt.Appendf(nil, `{"errorType":"Error","errorMessage":%q}`, text[1:])}, nil
		}
		return function.Result{Version: "$LATEST", Payload: []byte(text)}, nil
	})
}

// event is what functions see.
type event struct {
	Records []struct {
		Kinesis struct {
			PartitionKey, SequenceNumber string
			Data                         []byte
		}
		EventID string
	}
	Window *struct{ Start, End string }
	State  json.RawMessage
	Final  bool   `json:"isFinalInvokeForWindow"`
	Early  bool   `json:"isWindowTerminatedEarly"`
	Shard  string `json:"shardId"`
}

func eventOf(t testing.TB, payload []byte) event {
	var e event
	require.NoError(t, json.Unmarshal(payload, &e))
	return e
}

func streamARN(name string) arn.ARN { return arn.ForStream(testRegion, testAccount, name) }

// mapping is one that reads a stream from its beginning.
func (w *world) mapping(stream string, options ...func(*Mapping)) Mapping {
	m := Mapping{UUID: "m-" + stream, Account: testAccount, Region: testRegion, Source: streamARN(stream), Function: "ingest",
		FunctionARN: "arn:aws:lambda:eu-west-1:123456789012:function:ingest", Role: "arn:aws:iam::123456789012:role/ingest-role",
		Enabled: true, BatchSize: 100, StartingPosition: TrimHorizon, ParallelizationFactor: 1, MaximumRetryAttempts: -1, MaximumRecordAge: -1}
	for _, o := range options {
		o(&m)
	}
	return m
}

func (w *world) start(m Mapping) *Poller {
	w.t.Helper()
	p, err := Start(w.config, m)
	require.NoError(w.t, err)
	w.t.Cleanup(p.Stop)
	w.settle()
	return p
}

// settle returns when nothing is under way.
func (w *world) settle() { w.step(0) }

func (w *world) step(d time.Duration) {
	w.t.Helper()
	report := w.clock.Step(d)
	require.True(w.t, report.Settled, "waiting on %v", report.WaitingOn)
}

func (w *world) create(name string, count int32) {
	w.t.Helper()
	_, err := w.streams.CreateStream(w.ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: &count})
	require.NoError(w.t, err)
}

// put puts records, each with its data as its key unless it is key:data.
func (w *world) put(stream string, all ...string) (sequences []string) {
	w.t.Helper()
	for _, data := range all {
		sequences = append(sequences, w.putKey(stream, data, data))
	}
	return sequences
}

func (w *world) putKey(stream, key, data string) string {
	w.t.Helper()
	out, err := w.streams.PutRecord(w.ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: &key, Data: []byte(data)})
	require.NoError(w.t, err)
	return *out.SequenceNumber
}

func (w *world) split(stream, shard string) {
	w.t.Helper()
	out, err := w.streams.ListShards(w.ctx, &kinesis.ListShardsInput{StreamName: &stream})
	require.NoError(w.t, err)
	i := slices.IndexFunc(out.Shards, func(s types.Shard) bool { return *s.ShardId == shard })
	require.GreaterOrEqual(w.t, i, 0)
	_, err = w.streams.SplitShard(w.ctx, &kinesis.SplitShardInput{StreamName: &stream, ShardToSplit: &shard,
		NewStartingHashKey: aws.String(half(*out.Shards[i].HashKeyRange.StartingHashKey, *out.Shards[i].HashKeyRange.EndingHashKey))})
	require.NoError(w.t, err)
	w.step(time.Millisecond)
}

func (w *world) merge(stream, a, b string) {
	w.t.Helper()
	_, err := w.streams.MergeShards(w.ctx, &kinesis.MergeShardsInput{StreamName: &stream, ShardToMerge: &a, AdjacentShardToMerge: &b})
	require.NoError(w.t, err)
	w.step(time.Millisecond)
}

// inProcess is the room as a Source.
type inProcess struct{ w *world }

func (s inProcess) ListShards(ctx context.Context, in *kinesis.ListShardsInput) (*kinesis.ListShardsOutput, error) {
	return s.w.streams.ListShards(ctx, in)
}

func (s inProcess) GetShardIterator(ctx context.Context, in *kinesis.GetShardIteratorInput) (*kinesis.GetShardIteratorOutput, error) {
	return s.w.streams.GetShardIterator(ctx, in)
}

func (s inProcess) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput) (*kinesis.GetRecordsOutput, error) {
	s.w.mu.Lock()
	s.w.reads++
	s.w.mu.Unlock()
	return s.w.streams.GetRecords(ctx, in)
}

func (s inProcess) SubscribeToShard(ctx context.Context, in *kinesis.SubscribeToShardInput) (iter.Seq2[types.SubscribeToShardEventStream, error], error) {
	return s.w.streams.SubscribeToShard(ctx, in)
}

// savedPositions is Checkpoints in memory, which can fail and notes each save.
type savedPositions struct {
	mu    sync.Mutex
	all   map[string]map[string]Position
	saves []map[string]Position
	err   error
}

func (s *savedPositions) Load(_ context.Context, mapping string) (map[string]Position, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, ok := s.all[mapping]
	if all == nil {
		all = map[string]Position{}
	}
	return maps.Clone(all), ok, s.err
}

func (s *savedPositions) Save(_ context.Context, mapping string, changed map[string]Position) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	s.saves = append(s.saves, maps.Clone(changed))
	if s.all[mapping] == nil {
		s.all[mapping] = map[string]Position{}
	}
	maps.Copy(s.all[mapping], changed)
	maps.DeleteFunc(s.all[mapping], func(_ string, p Position) bool { return p == Position{} })
	return nil
}

func (s *savedPositions) Drop(_ context.Context, mapping string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, mapping)
	return nil
}

func (s *savedPositions) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *savedPositions) of(mapping, shard string) Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[mapping][shard]
}

// failures is a destination that can be down.
type failures struct {
	mu   sync.Mutex
	got  []Failure
	down bool
}

func (f *failures) Deliver(_ context.Context, one Failure) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return errors.New("connection refused")
	}
	f.got = append(f.got, one)
	return nil
}

func (f *failures) all() []Failure {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.got)
}

func (f *failures) set(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

// seen collects what a function got.
type seen struct {
	mu  sync.Mutex
	got [][]string
}

func (s *seen) add(data []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, data)
}

func (s *seen) all() [][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

func (s *seen) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = nil
}

const shard0 = "shardId-000000000000"

// hanging is a function that never answers.
type hanging struct {
	w       *world
	entered chan struct{}
}

// Invoke implements Invoker.
func (h hanging) Invoke(ctx context.Context, _ function.Invocation) (function.Result, error) {
	close(h.entered)
	<-ctx.Done()
	return function.Result{}, ctx.Err()
}
