package shards

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

func (r *room) putOne(stream, key string) string {
	r.t.Helper()
	out, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: &key, Data: []byte("x")})
	require.NoError(r.t, err)
	return *out.SequenceNumber
}

func TestWatch(t *testing.T) {
	r := open(t)
	r.create("orders", 1)
	arn, shard := *streamARN("orders"), "shardId-000000000000"
	calls := 0
	watch := func(id string, mark uint64) (func(), bool) {
		return r.Watch(r.ctx, arn, id, mark, func() { calls++ })
	}

	t.Run("a put calls once", func(t *testing.T) {
		mark := r.Mark(r.ctx, arn, shard)
		_, waiting := watch(shard, mark)
		require.True(t, waiting)
		require.Zero(t, calls)
		r.putOne("orders", "a")
		r.putOne("orders", "a")
		require.Equal(t, 1, calls)
		_, waiting = watch(shard, mark)
		require.False(t, waiting, "it has moved on")
	})
	t.Run("stopped", func(t *testing.T) {
		calls = 0
		stop, waiting := watch(shard, r.Mark(r.ctx, arn, shard))
		require.True(t, waiting)
		stop()
		stop()
		r.putOne("orders", "a")
		require.Zero(t, calls)
	})
	t.Run("the shard closes, the stream changes", func(t *testing.T) {
		calls = 0
		mark, whole := r.Mark(r.ctx, arn, shard), r.Mark(r.ctx, arn, "")
		_, waiting := watch(shard, mark)
		require.True(t, waiting)
		_, waiting = watch("", whole)
		require.True(t, waiting)
		_, err := r.SplitShard(r.ctx, &kinesis.SplitShardInput{StreamName: aws.String("orders"), ShardToSplit: &shard,
			NewStartingHashKey: aws.String("170141183460469231731687303715884105728")})
		require.NoError(t, err)
		r.clock.Step(time.Second)
		require.Equal(t, 2, calls)
		require.NotEqual(t, mark, r.Mark(r.ctx, arn, shard))
		require.NotEqual(t, whole, r.Mark(r.ctx, arn, ""))
	})
	t.Run("the stream goes and comes", func(t *testing.T) {
		calls = 0
		child := "shardId-000000000001"
		_, waiting := watch(child, r.Mark(r.ctx, arn, child))
		require.True(t, waiting)
		_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("orders")})
		require.NoError(t, err)
		r.clock.Step(time.Second)
		require.Equal(t, 1, calls)
		require.Zero(t, r.Mark(r.ctx, arn, ""))
		_, waiting = watch(child, r.Mark(r.ctx, arn, child))
		require.False(t, waiting, "nothing would call")
		_, waiting = watch("", 0)
		require.True(t, waiting)
		r.create("orders", 1)
		require.Equal(t, 2, calls)
	})
	require.Zero(t, r.Mark(r.ctx, "nonsense", ""))
}

func TestTip(t *testing.T) {
	r := open(t)
	r.create("orders", 1)
	arn, shard := *streamARN("orders"), "shardId-000000000000"
	read := func(after string) []string {
		t.Helper()
		it, err := r.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{StreamARN: &arn, ShardId: &shard,
			ShardIteratorType: types.ShardIteratorTypeAfterSequenceNumber, StartingSequenceNumber: &after})
		require.NoError(t, err)
		out, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: it.ShardIterator})
		require.NoError(t, err)
		var got []string
		for _, rec := range out.Records {
			got = append(got, *rec.SequenceNumber)
		}
		return got
	}
	tip := func() string {
		t.Helper()
		tip, err := r.Tip(r.ctx, arn, shard)
		require.NoError(t, err)
		return tip
	}
	empty := tip()
	first := r.putOne("orders", "a")
	after := tip()
	require.GreaterOrEqual(t, after, first)
	second := r.putOne("orders", "a")
	require.Less(t, after, second)
	require.False(t, r.Reached(r.ctx, arn, shard, first))
	require.False(t, r.Reached(r.ctx, arn, shard, after))
	require.True(t, r.Reached(r.ctx, arn, shard, second))
	require.False(t, r.Reached(r.ctx, arn, shard, "nonsense"))
	require.Equal(t, []string{first, second}, read(empty))
	require.Equal(t, []string{second}, read(after))
	defer func() {
		_, err := r.SplitShard(r.ctx, &kinesis.SplitShardInput{StreamName: aws.String("orders"), ShardToSplit: &shard,
			NewStartingHashKey: aws.String("170141183460469231731687303715884105728")})
		require.NoError(t, err)
		r.clock.Step(time.Second)
		require.False(t, r.Reached(r.ctx, arn, shard, second), "the end of a closed shard has to be read")
	}()
	r.restart()
	require.Empty(t, read(tip()), "the tip is looked for in the log")

	_, err := r.Tip(r.ctx, *streamARN("others"), shard)
	requireError(t, err, "ResourceNotFoundException", "Stream others under account "+testAccount+" not found.")
	_, err = r.Tip(r.ctx, arn, "shardId-000000000009")
	require.Equal(t, "ResourceNotFoundException", codeOf(err))
}

func TestReadRate(t *testing.T) {
	r := open(t)
	require.Zero(t, r.ReadRate())
	r.SetLimits(Limits{Enforced: true})
	require.InDelta(t, 5, r.ReadRate(), 0)
	r.SetLimits(Limits{Enforced: true, Factor: 10})
	require.InDelta(t, 50, r.ReadRate(), 0)
}

// A change between the mark and the watch is never lost.
func TestWatchUnderPuts(t *testing.T) {
	r := open(t)
	r.create("orders", 1)
	arn, shard := *streamARN("orders"), "shardId-000000000000"
	var done sync.WaitGroup
	const puts = 200
	done.Go(func() {
		for range puts {
			r.putOne("orders", "a")
		}
	})
	var seen atomic.Uint64
	for seen.Load() < puts {
		woken := make(chan struct{})
		mark := r.Mark(r.ctx, arn, shard)
		seen.Store(mark >> 1)
		if seen.Load() == puts {
			break
		}
		if _, waiting := r.Watch(r.ctx, arn, shard, mark, func() { close(woken) }); waiting {
			<-woken
		}
	}
	done.Wait()
}

// looking is a context that lets a test in while the room looks who calls.
type looking struct {
	context.Context
	in func()
}

func (c looking) Value(key any) any {
	c.in()
	return c.Context.Value(key)
}

// A change while somebody enters is told by the call or by the answer, not by both.
func TestWatchTellsOnce(t *testing.T) {
	r := open(t)
	r.create("orders", 1)
	arn, shard := *streamARN("orders"), "shardId-000000000000"
	put, calls := false, 0
	ctx := looking{r.ctx, func() {
		if waits := &r.see(r.ctx, arn, shard).shard.tail.calls; waits.waiting.Load() > 0 && !put {
			put = true
			r.putOne("orders", "a")
		}
	}}
	_, waiting := r.Watch(ctx, arn, shard, r.Mark(r.ctx, arn, shard), func() { calls++ })
	require.True(t, put)
	require.True(t, waiting)
	require.Equal(t, 1, calls)
}
