package shards

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/clock"
)

func TestSplitShard(t *testing.T) {
	ask := func(r *room, shard, at string) error {
		_, err := r.SplitShard(r.ctx, &kinesis.SplitShardInput{StreamName: aws.String("a"), ShardToSplit: &shard, NewStartingHashKey: &at})
		return err
	}
	t.Run("case 4 SplitShard while CREATING", func(t *testing.T) {
		r := open(t, lasting(time.Minute))
		r.create("a", 1)
		requireError(t, ask(r, "0", "2"), "ResourceInUseException", "Stream a under account 123456789012 not ACTIVE, instead in state CREATING")
	})
	t.Run("case 44 SplitShard at start + 1", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		for _, at := range []string{"0", "1", full, "340282366920938463463374607431768211456"} {
			requireError(t, ask(r, "0", at), "InvalidArgumentException", "NewStartingHashKey "+at+" used in SplitShard() on shard shardId-000000000000 in stream a under account 123456789012 is not both greater than one plus the shard's StartingHashKey 0 and less than the shard's EndingHashKey 340282366920938463463374607431768211455.")
		}
		require.NoError(t, ask(r, "0", "2"))
		require.Len(t, r.list("a", nil), 3)
	})
	t.Run("case 45 split, read parent to the end", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.put("a", "k", "x")
		r.split("a", "0", half)
		it := r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
		one, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it, Limit: aws.Int32(1)})
		require.NoError(t, err)
		require.Equal(t, []string{"x"}, payloads(one.Records))
		require.Nil(t, one.NextShardIterator)
		require.Equal(t, []types.ChildShard{
			{ShardId: aws.String(shard1), ParentShards: []string{shard0}, HashKeyRange: &types.HashKeyRange{StartingHashKey: aws.String("0"), EndingHashKey: aws.String("170141183460469231731687303715884105727")}},
			{ShardId: aws.String(shard2), ParentShards: []string{shard0}, HashKeyRange: &types.HashKeyRange{StartingHashKey: aws.String(half), EndingHashKey: aws.String(full)}},
		}, one.ChildShards)
	})
	t.Run("case 46 LATEST on the closed parent", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.put("a", "k", "x")
		r.split("a", "0", half)
		got := r.get(r.iterator("a", shard0, types.ShardIteratorTypeLatest))
		require.Empty(t, got.Records)
		require.Nil(t, got.NextShardIterator)
		require.Len(t, got.ChildShards, 2)
		require.Zero(t, *got.MillisBehindLatest)
	})
	t.Run("case 49 split of a closed shard", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.split("a", "0", half)
		requireError(t, ask(r, "0", "77"), "InvalidArgumentException", "Shard shardId-000000000000 in stream a under account 123456789012 has already been merged or split, and thus is not eligible for merging or splitting.")
	})
	t.Run("case 50 closed shard EndingSequenceNumber", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.clock.Step(10 * time.Second)
		r.split("a", "0", half)
		r.split("a", "1", "2") // a child split within the same second
		list := r.list("a", nil)
		ends := func(i int) sequence {
			q, err := parseSequence(*list[i].SequenceNumberRange.EndingSequenceNumber)
			require.NoError(t, err)
			return q
		}
		starts := func(i int) sequence {
			q, err := parseSequence(*list[i].SequenceNumberRange.StartingSequenceNumber)
			require.NoError(t, err)
			return q
		}
		s := testStart().Unix()
		require.Equal(t, sequence{version: 2, created: s, counter: 0x7fffffffffffffff, time: s + 10, shard: 0}, ends(0))
		require.Equal(t, sequence{version: 2, created: s + 11, time: s + 11, shard: 1}, starts(1))
		require.Equal(t, sequence{version: 2, created: s + 11, time: s + 11, shard: 2}, starts(2))
		require.Nil(t, list[2].SequenceNumberRange.EndingSequenceNumber)
		require.Equal(t, sequence{version: 2, created: s + 12, time: s + 12, shard: 3}, starts(3))
		require.Equal(t, shard0, *list[1].ParentShardId)
		require.Equal(t, shard1, *list[3].ParentShardId)
		require.Nil(t, list[0].ParentShardId)
	})
	t.Run("shards that are none, streams that are none", func(t *testing.T) {
		r := open(t)
		requireError(t, ask(r, "x", "2"), "ResourceNotFoundException", "Could not find shard x in stream a under account 123456789012.")
		requireError(t, ask(r, "0", "2"), "ResourceNotFoundException", "Stream a under account 123456789012 not found.")
		r.create("a", 1)
		requireError(t, ask(r, "5", "2"), "ResourceNotFoundException", "Could not find shard shardId-000000000005 in stream a under account 123456789012.")
	})
	t.Run("shard quota comes before the hash key", func(t *testing.T) {
		r := open(t, func(c *Config) { c.Limits.Shards = 1 })
		r.create("a", 1)
		require.Equal(t, "LimitExceededException", codeOf(ask(r, "0", "0")))
	})
	t.Run("on-demand streams are not split by hand", func(t *testing.T) {
		r := open(t)
		_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("a")})
		require.NoError(t, err)
		requireError(t, ask(r, "0", "2"), "ValidationException", "Request is invalid. Stream a under account 123456789012 is in On-Demand mode.")
	})
	t.Run("records land in the parent until the split does", func(t *testing.T) {
		r := open(t, lasting(10*time.Second))
		r.create("a", 1)
		r.clock.Step(10 * time.Second)
		r.split("a", "0", half)
		require.Equal(t, "UPDATING", r.status("a"))
		require.Equal(t, "ResourceInUseException", codeOf(ask(r, "0", "5")))
		require.Equal(t, shard0, *r.putAt("a", full, "x").ShardId)
		r.clock.Step(10 * time.Second)
		require.Equal(t, "ACTIVE", r.status("a"))
		require.Equal(t, shard2, *r.putAt("a", full, "y").ShardId)
		require.Equal(t, shard1, *r.putAt("a", "0", "z").ShardId)
	})
	t.Run("a closed shard vanishes with its last record", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.put("a", "k", "x")
		r.split("a", "0", half)
		closed := r.clock.Now()
		r.clock.Step(24*time.Hour - time.Second)
		it := r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
		require.Len(t, r.list("a", nil), 3)
		r.clock.Step(time.Second + time.Millisecond)
		require.Len(t, r.list("a", nil), 2, closed)
		_, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it})
		requireError(t, err, "ResourceNotFoundException", "Shard shardId-000000000000 in stream a under account 123456789012 does not exist")
		require.Equal(t, shard0, *r.list("a", nil)[0].ParentShardId)
		r.clock.Step(24 * time.Hour)
		require.Len(t, r.only("a").view.Load().state.Shards, 2, "and is forgotten")
	})
}

func TestReshardRestart(t *testing.T) {
	t.Run("a reshard that was due while down lands on its own", func(t *testing.T) {
		r := open(t, lasting(10*time.Second))
		r.create("a", 2)
		r.clock.Step(10 * time.Second)
		r.putAt("a", "0", "before")
		r.split("a", "0", "77")
		require.NoError(t, r.Close())
		r.clock.Step(time.Minute)
		r.Streams = r.reopened()
		r.putAt("a", "0", "after")
		require.Eventually(t, func() bool { return r.status("a") == "ACTIVE" }, time.Minute, time.Millisecond)
		require.Equal(t, shard2, *r.putAt("a", "0", "child").ShardId)
		require.Subset(t, append(r.read("a", shard0), r.read("a", shard2)...), []string{"before", "after", "child"})
	})
	t.Run("a crash after the seal is finished, and puts wait for it", func(t *testing.T) {
		broken, host := &catalogFault{}, &patientHost{Clock: clock.Host()}
		r := open(t, lasting(10*time.Second), func(c *Config) { broken.Catalog = c.Catalog; c.Catalog, c.Host = broken, host })
		r.create("a", 1)
		r.clock.Step(10 * time.Second)
		r.putAt("a", "0", "before")
		r.split("a", "0", half)
		broken.refuse.Store(true)
		done := make(chan struct{})
		go func() { defer close(done); r.clock.Step(10 * time.Second) }()
		require.Eventually(t, func() bool { return broken.refused.Load() > 0 }, time.Minute, time.Millisecond)
		// Parents are sealed, children are not shown: a put waits.
		put := make(chan string)
		go func() {
			out, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k"), ExplicitHashKey: aws.String("0"), Data: []byte("during")})
			if err != nil {
				put <- err.Error()
				return
			}
			put <- *out.ShardId
		}()
		require.Eventually(t, func() bool { return host.waiting.Load() > 0 }, time.Minute, time.Millisecond)
		select {
		case got := <-put:
			t.Fatal("the put did not wait: ", got)
		default:
		}
		broken.refuse.Store(false)
		require.Equal(t, shard1, <-put)
		<-done
		require.Equal(t, []string{"before"}, r.read("a", shard0))
		require.Equal(t, []string{"during"}, r.read("a", shard1))
	})
}

// patientHost counts the puts that wait for the children of a sealed shard, and
// lets them wait as long as the machine takes.
type patientHost struct {
	clock.Clock
	waiting atomic.Int32
}

func (h *patientHost) At(t time.Time, f func()) clock.Timer {
	if t.Sub(h.Now()) > rerouteWait/2 {
		h.waiting.Add(1)
		t = t.Add(time.Hour)
	}
	return h.Clock.At(t, f)
}

// TestSplitsKeepEveryRecord splits and merges under a mixed load of one
// goroutine and compares with a naive model.
func TestSplitsKeepEveryRecord(t *testing.T) {
	r := open(t)
	r.create("a", 1)
	want := []string{}
	for i := range 20 {
		data := fmt.Sprint(i)
		r.putAt("a", "0", data)
		want = append(want, data)
		if i%3 == 2 {
			open := openRecords(r.only("a").view.Load().state)
			r.split("a", shardID(int64(open[0].index)), middle(open[0].from, open[0].to).String())
		}
		r.clock.Step(time.Duration(i) * time.Millisecond)
	}
	require.Equal(t, want, r.follow("a", shard0))
}

// follow reads a shard and, at its end, the child that owns hash key 0.
func (r *room) follow(stream, shard string) []string {
	r.t.Helper()
	out := []string{}
	for {
		it := r.iterator(stream, shard, types.ShardIteratorTypeTrimHorizon)
		for {
			got := r.get(it)
			out = append(out, payloads(got.Records)...)
			if got.NextShardIterator == nil {
				require.NotEmpty(r.t, got.ChildShards)
				shard = *got.ChildShards[0].ShardId
				break
			}
			if len(got.Records) == 0 {
				return out
			}
			it = *got.NextShardIterator
		}
	}
}
