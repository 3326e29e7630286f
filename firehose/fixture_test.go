package firehose

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"sluice/delivery"
	"sluice/firehose/http"
	"sluice/internal/caller"
	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/shards"
	"sluice/store"
	"sluice/store/kv"
	"sluice/store/log"
)

var noon = time.Date(2026, 7, 13, 12, 0, 0, 0, time.UTC)

const (
	account = "111111111111"
	region  = "eu-west-1"
	role    = "arn:aws:iam::111111111111:role/delivery"
	bucket  = "arn:aws:s3:::lake"
)

// rig is a room over a store in memory, a clock that stands still, and a bucket
// that a test can read.
type rig struct {
	*Firehose
	t        *testing.T
	clock    *clock.Service
	host     *clock.Service // stands still: attempts take no time, however busy the machine is
	store    *store.Store
	bucket   *shelf
	kinesis  *shards.Streams
	function func(payload call) (any, error)
	limits   shards.Limits
	send     func(in *http.Request) error
	strict   bool
	most     int64 // of a backlog
	schemas  Schemas
	ctx      context.Context
	after    time.Duration // the transition
}

func newRig(t *testing.T, adjust ...func(*rig)) *rig {
	t.Helper()
	r := &rig{t: t, clock: clock.NewManual(noon), host: clock.NewManual(noon), bucket: &shelf{}}
	for _, f := range adjust {
		f(r)
	}
	var err error
	r.store, err = store.Open(store.Options{Memory: true, Now: r.clock.Now})
	require.NoError(t, err)
	r.ctx = caller.With(t.Context(), caller.Caller{Account: account, Region: region})
	r.kinesis, err = shards.Open(t.Context(), shards.Config{Clock: r.clock, Host: clock.Host(), Dice: dice.Seeded(2), Hold: r.clock.Hold,
		Log: r.store.Log("kinesis"), Catalog: r.store.Catalog("kinesis", shards.Apply), Limits: r.limits})
	require.NoError(t, err)
	r.open()
	t.Cleanup(func() {
		require.NoError(t, r.Close())
		require.NoError(t, r.kinesis.Close())
		r.clock.Close()
		r.host.Close()
		require.NoError(t, r.store.Close())
	})
	return r
}

func (r *rig) open() { r.openWith(r.store.Space("firehose"), r.store.Log("firehose"), r.bucket) }

// openWith opens the room over something that a test has put in between.
func (r *rig) openWith(space kv.Space, records log.Log, to delivery.Bucket) {
	var err error
	r.Firehose, err = Open(r.t.Context(), Config{Clock: r.clock, Hold: r.clock.Hold, Host: r.host, Dice: dice.Seeded(1), Space: space,
		Log: records, Bucket: to, Transition: r.after, Logger: slog.New(slog.DiscardHandler), Source: inProcess{r.kinesis}, Tips: r.kinesis, Function: r, Endpoint: sender{r}, StrictURLs: r.strict, MaxBacklog: r.most, Schemas: r.schemas})
	require.NoError(r.t, err)
}

// inProcess calls streams as Source does.
type inProcess struct{ streams *shards.Streams }

func (p inProcess) DescribeStreamSummary(ctx context.Context, in *kinesis.DescribeStreamSummaryInput) (*kinesis.DescribeStreamSummaryOutput, error) {
	return p.streams.DescribeStreamSummary(ctx, in)
}

func (p inProcess) ListShards(ctx context.Context, in *kinesis.ListShardsInput) (*kinesis.ListShardsOutput, error) {
	return p.streams.ListShards(ctx, in)
}

func (p inProcess) GetShardIterator(ctx context.Context, in *kinesis.GetShardIteratorInput) (*kinesis.GetShardIteratorOutput, error) {
	return p.streams.GetShardIterator(ctx, in)
}

func (p inProcess) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput) (*kinesis.GetRecordsOutput, error) {
	out, err := p.streams.GetRecords(ctx, in)
	if err != nil {
		return nil, err
	}
	own := *out
	own.Records = nil
	for _, rec := range out.Records {
		rec.Data = bytes.Clone(rec.Data)
		own.Records = append(own.Records, rec)
	}
	return &own, nil
}

// sender is an Endpoint that does what the test has set.
type sender struct{ *rig }

func (s sender) Send(_ context.Context, in *http.Request) error { return s.send(in) }

// Invoke implements Function with what the test has set.
func (r *rig) Invoke(_ context.Context, _ string, payload []byte) ([]byte, error) {
	var in call
	if err := json.Unmarshal(payload, &in); err != nil {
		return nil, err
	}
	out, err := r.function(in)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

// reopen closes the room and opens it over what is stored.
func (r *rig) reopen() {
	require.NoError(r.t, r.Close())
	r.open()
}

// create makes a stream to an extended destination.
func (r *rig) create(name string, edit func(*types.ExtendedS3DestinationConfiguration)) {
	r.t.Helper()
	c := &types.ExtendedS3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String(bucket)}
	if edit != nil {
		edit(c)
	}
	_, err := r.CreateDeliveryStream(r.ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: &name, ExtendedS3DestinationConfiguration: c})
	require.NoError(r.t, err)
}

func (r *rig) put(name string, records ...string) {
	r.t.Helper()
	in := &firehose.PutRecordBatchInput{DeliveryStreamName: &name}
	for _, record := range records {
		in.Records = append(in.Records, types.Record{Data: []byte(record)})
	}
	out, err := r.PutRecordBatch(r.ctx, in)
	require.NoError(r.t, err)
	require.EqualValues(r.t, 0, *out.FailedPutCount)
}

// shelf is a bucket in memory that can be made to fail.
type shelf struct {
	mu      sync.Mutex
	objects []delivery.Object // guarded by mu
	fail    error             // guarded by mu
}

func (s *shelf) PutObject(_ context.Context, o delivery.Object) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	o.Body = bytes.Clone(o.Body)
	for i := range s.objects {
		if s.objects[i].Key == o.Key {
			s.objects[i] = o
			return nil
		}
	}
	s.objects = append(s.objects, o)
	return nil
}

func (s *shelf) HeadBucket(context.Context, delivery.Place) error { return nil }

func (s *shelf) failing(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// taken returns the objects so far and forgets them.
func (s *shelf) taken() []delivery.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.objects
	s.objects = nil
	return out
}

func requireFault(t *testing.T, err error, code, text string) {
	t.Helper()
	var api smithy.APIError
	require.Error(t, err)
	require.True(t, errors.As(err, &api), "%v", err)
	require.Equal(t, code, api.ErrorCode())
	require.Equal(t, text, api.ErrorMessage())
}

func gunzip(t *testing.T, b []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	require.NoError(t, err)
	out, err := io.ReadAll(z)
	require.NoError(t, err)
	return string(out)
}

// pass lets time pass in steps, so that what follows from one step happens
// before the next.
func (r *rig) pass(d time.Duration) {
	for ; d > 0; d -= 5 * time.Second {
		r.clock.Step(5 * time.Second)
	}
}
