package shards

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/store"
)

// Every test acts as this account, in this region, from this moment on.
const (
	testAccount = "123456789012"
	testRegion  = "us-east-1"
)

func testStart() time.Time { return time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC) }

// room is an open room over a store in memory, with a clock that only the
// test moves.
type room struct {
	*Streams
	t      testing.TB
	ctx    context.Context
	clock  *clock.Service
	store  *store.Store
	config Config
}

// open opens a room whose changes take no time. Options change its Config.
func open(t testing.TB, options ...func(*Config)) *room {
	t.Helper()
	c := clock.NewManual(testStart())
	kept, err := store.Open(store.Options{Memory: true, Now: c.Now})
	require.NoError(t, err)
	r := &room{t: t, clock: c, store: kept,
		ctx: caller.With(context.Background(), caller.Caller{Account: testAccount, Region: testRegion})}
	r.config = Config{Clock: c, Host: clock.Host(), Dice: dice.Seeded(1), Hold: c.Hold,
		Log: kept.Log("kinesis"), Catalog: kept.Catalog("kinesis", Apply)}
	for _, o := range options {
		o(&r.config)
	}
	r.Streams = r.reopened()
	t.Cleanup(func() {
		require.NoError(t, r.Close())
		require.NoError(t, kept.Close())
	})
	return r
}

func (r *room) reopened() *Streams {
	r.t.Helper()
	s, err := Open(r.ctx, r.config)
	require.NoError(r.t, err)
	return s
}

// restart closes the room and opens it again on the same store.
func (r *room) restart() {
	r.t.Helper()
	require.NoError(r.t, r.Close())
	r.Streams = r.reopened()
}

// lasting makes changes take a while of service time.
func lasting(d time.Duration) func(*Config) {
	return func(c *Config) { c.Transition.Duration = d }
}

// create makes a provisioned stream.
func (r *room) create(name string, shards int32) {
	r.t.Helper()
	_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: &shards})
	require.NoError(r.t, err)
}

// status is the stream's status, or the error's code when there is none.
func (r *room) status(name string) string {
	r.t.Helper()
	out, err := r.DescribeStreamSummary(r.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &name})
	if err != nil {
		return codeOf(err)
	}
	return string(out.StreamDescriptionSummary.StreamStatus)
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

func streamARN(name string) *string {
	return aws.String("arn:aws:kinesis:" + testRegion + ":" + testAccount + ":stream/" + name)
}
