package lambda

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/lambda/function"
	"sluice/store/kv"
	"sluice/store/kv/memkv"
)

const (
	testAccount = "000000000000"
	testRegion  = "eu-west-1"
	ordersARN   = "arn:aws:kinesis:eu-west-1:000000000000:stream/orders"
	ingestARN   = "arn:aws:lambda:eu-west-1:000000000000:function:ingest"
	testRole    = "arn:aws:iam::000000000000:role/ingest-role"
)

func testStart() time.Time { return time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC) }

// room is an open room over a space in memory, streams that have no records
// and a runtime that notes what it is asked.
type room struct {
	*Room
	t       testing.TB
	ctx     context.Context
	clock   *clock.Service
	space   kv.Space
	config  Config
	streams *streams
	runtime *recorder
}

// open opens a room whose changes take no time, with the streams orders and
// trades. Options change its Config.
func open(t testing.TB, options ...func(*Config)) *room {
	t.Helper()
	c := clock.NewManual(testStart())
	r := &room{t: t, clock: c, space: memkv.NewOrdered(), runtime: &recorder{known: map[string]bool{}},
		streams: &streams{names: map[string]bool{ordersARN: true, "arn:aws:kinesis:eu-west-1:000000000000:stream/trades": true,
			ordersARN + "/consumer/a:1": true}},
		ctx: caller.With(context.Background(), caller.Caller{Account: testAccount, Region: testRegion, RequestID: "request"})}
	r.config = Config{Clock: c, Host: clock.Host(), Dice: dice.Seeded(1), Space: r.space, Streams: r.streams, Source: r.streams, Tips: r.streams,
		Runtime: r.runtime, Hold: c.Hold, Endpoint: func() string { return "http://127.0.0.1:4566" }}
	for _, o := range options {
		o(&r.config)
	}
	r.Room = r.reopened()
	t.Cleanup(func() {
		require.NoError(t, r.Close())
		c.Close()
	})
	return r
}

func (r *room) reopened() *Room {
	r.t.Helper()
	opened, err := Open(r.ctx, r.config)
	require.NoError(r.t, err)
	opened.Start()
	return opened
}

// restart closes the room and opens it again on the same space.
func (r *room) restart() {
	r.t.Helper()
	require.NoError(r.t, r.Close())
	r.Room = r.reopened()
}

// lasting makes changes take a while of service time.
func lasting(d time.Duration) func(*Config) {
	return func(c *Config) { c.Transition.Duration = d }
}

// function makes a function of a zip with a bootstrap.
func (r *room) function(name string) *lambda.CreateFunctionOutput {
	r.t.Helper()
	out, err := r.CreateFunction(r.ctx, &lambda.CreateFunctionInput{FunctionName: aws.String(name), Role: aws.String(testRole),
		Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Code: &types.FunctionCode{ZipFile: archive("bootstrap", "#!")}})
	require.NoError(r.t, err)
	return out
}

// ingest is a mapping of orders to ingest; the function is made if need be.
func (r *room) ingest() *lambda.CreateEventSourceMappingOutput {
	r.t.Helper()
	if !r.isFunction(reference{Key: functionKey{testAccount, testRegion, "ingest"}}) {
		r.function("ingest")
	}
	out, err := r.CreateEventSourceMapping(r.ctx, mappingOf("ingest"))
	require.NoError(r.t, err)
	return out
}

func mappingOf(function string) *lambda.CreateEventSourceMappingInput {
	return &lambda.CreateEventSourceMappingInput{FunctionName: aws.String(function), EventSourceArn: aws.String(ordersARN),
		StartingPosition: types.EventSourcePositionLatest}
}

// state is the state of a mapping, or the error's code when there is none.
func (r *room) state(uuid *string) string {
	r.t.Helper()
	out, err := r.GetEventSourceMapping(r.ctx, &lambda.GetEventSourceMappingInput{UUID: uuid})
	if err != nil {
		return codeOf(err)
	}
	return *out.State
}

func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return "not an error of the service"
}

// requireError holds an error to the service's code and text.
func requireError(t *testing.T, err error, code, text string) {
	t.Helper()
	require.Error(t, err)
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, code, api.ErrorCode(), api.ErrorMessage())
	require.Equal(t, text, api.ErrorMessage())
}

const (
	codeParameter = "InvalidParameterValueException"
	codeMissing   = "ResourceNotFoundException"
	codeConflict  = "ResourceConflictException"
	codeInUse     = "ResourceInUseException"
	codeStale     = "PreconditionFailedException"
)

// archive makes a zip of files: name and content in turn.
func archive(files ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, _ := z.Create(files[i])
		_, _ = w.Write([]byte(files[i+1]))
	}
	_ = z.Close()
	return b.Bytes()
}

// streams are there or not, and are empty.
type streams struct {
	mu    sync.Mutex
	names map[string]bool
	err   error
}

func (s *streams) check(arn *string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil && !s.names[*arn] {
		return &kinesistypes.ResourceNotFoundException{}
	}
	return s.err
}

func (s *streams) DescribeStreamSummary(_ context.Context, in *kinesis.DescribeStreamSummaryInput) (*kinesis.DescribeStreamSummaryOutput, error) {
	return &kinesis.DescribeStreamSummaryOutput{}, s.check(in.StreamARN)
}

func (s *streams) DescribeStreamConsumer(_ context.Context, in *kinesis.DescribeStreamConsumerInput) (*kinesis.DescribeStreamConsumerOutput, error) {
	return &kinesis.DescribeStreamConsumerOutput{}, s.check(in.ConsumerARN)
}

func (s *streams) ListShards(context.Context, *kinesis.ListShardsInput) (*kinesis.ListShardsOutput, error) {
	return &kinesis.ListShardsOutput{}, nil
}

func (s *streams) GetShardIterator(context.Context, *kinesis.GetShardIteratorInput) (*kinesis.GetShardIteratorOutput, error) {
	return nil, &kinesistypes.ResourceNotFoundException{}
}

func (s *streams) GetRecords(context.Context, *kinesis.GetRecordsInput) (*kinesis.GetRecordsOutput, error) {
	return nil, &kinesistypes.ResourceNotFoundException{}
}

func (s *streams) SubscribeToShard(context.Context, *kinesis.SubscribeToShardInput) (iter.Seq2[kinesistypes.SubscribeToShardEventStream, error], error) {
	return nil, &kinesistypes.ResourceNotFoundException{}
}

func (s *streams) Tip(context.Context, string, string) (string, error) { return "", nil }

func (s *streams) Reached(context.Context, string, string, string) bool { return true }

func (s *streams) ReadRate() float64 { return 0 }

func (s *streams) Mark(context.Context, string, string) uint64 { return 1 }

func (s *streams) Watch(context.Context, string, string, uint64, func()) (func(), bool) {
	return func() {}, true
}

// recorder is a runtime that notes what it is asked.
type recorder struct {
	mu       sync.Mutex
	known    map[string]bool
	deployed []Deployment
	calls    []function.Invocation
	removed  []string
	answer   func(in function.Invocation) (function.Result, error)
}

func (h *recorder) Invoke(_ context.Context, in function.Invocation) (function.Result, error) {
	h.mu.Lock()
	h.calls = append(h.calls, in)
	answer := h.answer
	h.mu.Unlock()
	if answer == nil {
		return function.Result{Payload: in.Payload, Version: or(in.Qualifier, latest), Log: []byte("log")}, nil
	}
	return answer(in)
}

func (h *recorder) Knows(_, _, name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.known[name]
}

func (h *recorder) Deploy(_ context.Context, d Deployment) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deployed = append(h.deployed, d)
	return nil
}

func (h *recorder) Remove(_, _, name, version string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.removed = append(h.removed, name+":"+version)
}
