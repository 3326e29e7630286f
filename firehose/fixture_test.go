package firehose

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"sluice/delivery"
	"sluice/internal/caller"
	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/store"
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
	t      *testing.T
	clock  *clock.Service
	store  *store.Store
	bucket *shelf
	ctx    context.Context
	after  time.Duration // the transition
}

func newRig(t *testing.T, adjust ...func(*rig)) *rig {
	t.Helper()
	r := &rig{t: t, clock: clock.NewManual(noon), bucket: &shelf{}}
	for _, f := range adjust {
		f(r)
	}
	var err error
	r.store, err = store.Open(store.Options{Memory: true, Now: r.clock.Now})
	require.NoError(t, err)
	r.ctx = caller.With(t.Context(), caller.Caller{Account: account, Region: region})
	r.open()
	t.Cleanup(func() {
		require.NoError(t, r.Close())
		r.clock.Close()
		require.NoError(t, r.store.Close())
	})
	return r
}

func (r *rig) open() {
	var err error
	r.Firehose, err = Open(r.t.Context(), Config{Clock: r.clock, Hold: r.clock.Hold, Dice: dice.Seeded(1), Space: r.store.Space("firehose"),
		Log: r.store.Log("firehose"), Bucket: r.bucket, Transition: r.after, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(r.t, err)
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
