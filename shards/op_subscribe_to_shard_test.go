package shards

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/clock"
)

// feed is a subscription that a test reads event by event.
type feed struct {
	t      testing.TB
	events chan types.SubscribeToShardEvent
	failed chan error
	cancel context.CancelFunc
}

func (r *room) subscribe(consumer, shard string, at types.StartingPosition) (*feed, error) {
	ctx, cancel := context.WithCancel(r.ctx)
	seq, err := r.SubscribeToShard(ctx, &kinesis.SubscribeToShardInput{ConsumerARN: &consumer, ShardId: &shard, StartingPosition: &at})
	if err != nil {
		cancel()
		return nil, err
	}
	f := &feed{t: r.t, events: make(chan types.SubscribeToShardEvent, 1000), failed: make(chan error, 1), cancel: cancel}
	go func() {
		defer close(f.events)
		for event, err := range seq {
			if err != nil {
				f.failed <- err
				continue
			}
			f.events <- event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
		}
	}()
	r.t.Cleanup(cancel)
	return f, nil
}

func (r *room) subscribed(consumer, shard string, kind types.ShardIteratorType) *feed {
	r.t.Helper()
	f, err := r.subscribe(consumer, shard, types.StartingPosition{Type: kind})
	require.NoError(r.t, err)
	return f
}

// event waits for the next event, whatever it is.
func (f *feed) event() (event types.SubscribeToShardEvent, more bool) {
	f.t.Helper()
	select {
	case event, more = <-f.events:
	case <-time.After(time.Minute):
		f.t.Fatal("neither an event nor the end")
	}
	return event, more
}

// next waits for an event that says something. Those without come by the host's
// time, and so at any moment on a machine that stands still for a while.
func (f *feed) next() types.SubscribeToShardEvent {
	f.t.Helper()
	for {
		event, more := f.event()
		require.True(f.t, more, "the subscription has ended")
		if !keepsAlive(event) {
			return event
		}
	}
}

func keepsAlive(e types.SubscribeToShardEvent) bool { return len(e.Records)+len(e.ChildShards) == 0 }

// ended waits for the end and returns what it said.
func (f *feed) ended() error {
	f.t.Helper()
	event, more := f.event()
	for more && keepsAlive(event) {
		event, more = f.event()
	}
	require.False(f.t, more, "an event instead of the end: %v", event)
	select {
	case err := <-f.failed:
		return err
	default:
		return nil
	}
}

func TestSubscribeToShard(t *testing.T) {
	t.Run("records leave with the put, while time stands still", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.put("a", "k", "old")
		f := r.subscribed(r.register("a", "c"), shard0, types.ShardIteratorTypeLatest)
		for i := range 20 {
			put := r.put("a", "k", fmt.Sprint(i))
			event := f.next()
			require.Equal(t, []string{fmt.Sprint(i)}, payloads(event.Records))
			require.Equal(t, *put.SequenceNumber, *event.ContinuationSequenceNumber)
			require.Zero(t, *event.MillisBehindLatest)
			require.Nil(t, event.ChildShards)
		}
	})
	t.Run("case 64 empty events on an idle shard, by host time", func(t *testing.T) {
		host := clock.NewManual(testStart())
		r := open(t, func(c *Config) { c.Host = host })
		r.create("a", 1)
		f := r.subscribed(r.register("a", "c"), shard0, types.ShardIteratorTypeTrimHorizon)
		for range 3 {
			require.Eventually(t, func() bool { return host.State().Next != nil }, time.Minute, time.Millisecond)
			host.Step(5 * time.Second)
			event, _ := f.event()
			require.NotNil(t, event.Records)
			require.Empty(t, event.Records)
			require.Zero(t, *event.MillisBehindLatest)
			q, err := parseSequence(*event.ContinuationSequenceNumber)
			require.NoError(t, err)
			require.Zero(t, q.counter)
		}
	})
	t.Run("case 65 SubscribeToShard twice in 5 s", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		c := r.register("a", "c")
		first := r.subscribed(c, shard0, types.ShardIteratorTypeLatest)
		const text = "Another active subscription exists for this consumer: 123456789012:a:shardId-000000000000:c"
		r.clock.Step(4999 * time.Millisecond)
		_, err := r.subscribe(c, shard0, types.StartingPosition{Type: types.ShardIteratorTypeLatest})
		requireError(t, err, "ResourceInUseException", text)
		r.clock.Step(time.Millisecond)
		second := r.subscribed(c, shard0, types.ShardIteratorTypeLatest)
		requireError(t, first.ended(), "ResourceInUseException", text)
		r.put("a", "k", "x")
		require.Len(t, second.next().Records, 1)
	})
	t.Run("case 66 5 minutes", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		c := r.register("a", "c")
		f := r.subscribed(c, shard0, types.ShardIteratorTypeTrimHorizon)
		r.put("a", "k", "one")
		last := *f.next().ContinuationSequenceNumber
		r.clock.Step(300 * time.Second)
		require.NoError(t, f.ended())
		r.put("a", "k", "two")
		f, err := r.subscribe(c, shard0, types.StartingPosition{Type: types.ShardIteratorTypeAfterSequenceNumber, SequenceNumber: &last})
		require.NoError(t, err)
		require.Equal(t, []string{"two"}, payloads(f.next().Records))
	})
	t.Run("case 67 split during subscription", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		f := r.subscribed(r.register("a", "c"), shard0, types.ShardIteratorTypeLatest)
		r.put("a", "k", "x")
		require.Len(t, f.next().Records, 1)
		r.split("a", "0", half)
		event := f.next()
		require.Empty(t, event.Records)
		require.Nil(t, event.ContinuationSequenceNumber)
		require.Zero(t, *event.MillisBehindLatest)
		require.Len(t, event.ChildShards, 2)
		require.Equal(t, []string{shard0}, event.ChildShards[1].ParentShards)
		require.NoError(t, f.ended())
	})
	t.Run("a closed shard from its start", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.put("a", "k", "x")
		r.split("a", "0", half)
		event := r.subscribed(r.register("a", "c"), shard0, types.ShardIteratorTypeTrimHorizon).next()
		require.Equal(t, []string{"x"}, payloads(event.Records))
		require.Nil(t, event.ContinuationSequenceNumber)
		require.Len(t, event.ChildShards, 2)
	})
	t.Run("every start", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		one := r.put("a", "k", "one").SequenceNumber
		r.clock.Step(time.Second)
		r.put("a", "k", "two")
		for i, c := range []struct {
			at   types.StartingPosition
			want []string
		}{
			{types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon}, []string{"one", "two"}},
			{types.StartingPosition{Type: types.ShardIteratorTypeAtSequenceNumber, SequenceNumber: one}, []string{"one", "two"}},
			{types.StartingPosition{Type: types.ShardIteratorTypeAfterSequenceNumber, SequenceNumber: one}, []string{"two"}},
			{types.StartingPosition{Type: types.ShardIteratorTypeAtTimestamp, Timestamp: aws.Time(r.clock.Now())}, []string{"two"}},
		} {
			f, err := r.subscribe(r.register("a", fmt.Sprint("c", i)), shard0, c.at)
			require.NoError(t, err)
			require.Equal(t, c.want, payloads(f.next().Records))
		}
		_, err := r.subscribe(r.register("a", "d"), shard0, types.StartingPosition{Type: types.ShardIteratorTypeAtTimestamp})
		require.Equal(t, "InvalidArgumentException", codeOf(err))
	})
	t.Run("events stay below a megabyte", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		for range 8 {
			r.put("a", "k", string(make([]byte, 200<<10)))
		}
		f := r.subscribed(r.register("a", "c"), shard0, types.ShardIteratorTypeTrimHorizon)
		for n := 0; n < 8; {
			event := f.next()
			require.LessOrEqual(t, len(event.Records), 3)
			n += len(event.Records)
		}
	})
	t.Run("deregistering ends it", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		c := r.register("a", "c")
		f := r.subscribed(c, shard0, types.ShardIteratorTypeLatest)
		_, err := r.DeregisterStreamConsumer(r.ctx, &kinesis.DeregisterStreamConsumerInput{ConsumerARN: &c})
		require.NoError(t, err)
		require.Equal(t, "ResourceNotFoundException", codeOf(f.ended()))
	})
	t.Run("deleting the stream ends it", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		f := r.subscribed(r.register("a", "c"), shard0, types.ShardIteratorTypeLatest)
		_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("a"), EnforceConsumerDeletion: aws.Bool(true)})
		require.NoError(t, err)
		requireError(t, f.ended(), "ResourceNotFoundException", "Stream a under account 123456789012 not found.")
	})
	t.Run("closing the room and hanging up end it", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		one := r.subscribed(r.register("a", "c"), shard0, types.ShardIteratorTypeLatest)
		two := r.subscribed(r.register("a", "d"), shard0, types.ShardIteratorTypeLatest)
		two.cancel()
		require.NoError(t, two.ended())
		require.NoError(t, r.Close())
		require.NoError(t, one.ended())
	})
	t.Run("consumers and shards that do not fit", func(t *testing.T) {
		r := open(t, func(c *Config) { c.Transition.Duration = 10 * time.Second })
		r.create("a", 1)
		r.clock.Step(10 * time.Second)
		c := r.register("a", "c")
		latest := types.StartingPosition{Type: types.ShardIteratorTypeLatest}
		_, err := r.subscribe(c, shard0, latest)
		requireError(t, err, "ResourceInUseException", fmt.Sprintf("Consumer c with creation timestamp %d under stream: a , account 123456789012 is not in ACTIVE status.", r.clock.Now().Unix()))
		r.clock.Step(10 * time.Second)
		_, err = r.subscribe(c, "7", latest)
		requireError(t, err, "ResourceNotFoundException", "Shard shardId-000000000007 in stream a under account 123456789012 does not exist")
		_, err = r.subscribe(*streamARN("a")+"/consumer/x:1", shard0, latest)
		require.Equal(t, "ResourceNotFoundException", codeOf(err))
		_, err = r.subscribe("x", shard0, latest)
		require.Equal(t, "InvalidArgumentException", codeOf(err))
		_, err = r.SubscribeToShard(r.ctx, &kinesis.SubscribeToShardInput{})
		require.Error(t, err)
		_, err = r.SubscribeToShard(r.ctx, &kinesis.SubscribeToShardInput{ConsumerARN: &c, ShardId: aws.String("0"), StartingPosition: &latest, DryRun: aws.Bool(true)})
		requireError(t, err, "DryRunOperationException", "The request was rejected because the DryRun parameter was specified.")
		_, err = r.subscribe(c, shard0, latest)
		require.NoError(t, err, "a dry run is no subscription")
	})
	t.Run("a thousand ended subscriptions are forgotten", func(t *testing.T) {
		r := open(t)
		r.create("a", 1100)
		c := r.register("a", "c")
		for i := range 1100 {
			f := r.subscribed(c, fmt.Sprint(i), types.ShardIteratorTypeLatest)
			f.cancel()
			require.NoError(t, f.ended())
			r.clock.Step(10 * time.Millisecond)
		}
		require.LessOrEqual(t, len(r.fanout.live), sweepAbove)
	})
}
