package shards

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/quick"
)

func TestGetRecords(t *testing.T) {
	t.Run("case 35 LATEST, then put, then GetRecords", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.put("a", "k", "before")
		it := r.iterator("a", shard0, types.ShardIteratorTypeLatest)
		put := r.put("a", "k", "after")
		r.clock.Step(1234 * time.Millisecond)
		got := r.get(it)
		require.Equal(t, []types.Record{{
			SequenceNumber: put.SequenceNumber, PartitionKey: aws.String("k"), Data: []byte("after"),
			ApproximateArrivalTimestamp: aws.Time(testStart()),
		}}, got.Records)
		require.Zero(t, *got.MillisBehindLatest)
		require.Nil(t, got.ChildShards)
	})
	t.Run("case 36 the same iterator twice", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.put("a", "k", "x")
		it := r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
		one, two := r.get(it), r.get(it)
		require.Equal(t, one.Records, two.Records)
		require.NotEqual(t, *one.NextShardIterator, *two.NextShardIterator)
	})
	t.Run("case 37 GetRecords with iterator in double quotes", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.put("a", "k", "x")
		require.Len(t, r.get(`"`+r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)+`"`).Records, 1)
	})
	t.Run("case 38 GetRecords abc", func(t *testing.T) {
		r := open(t)
		for _, it := range []string{"abc", "", "AAAAAAAAAAE=", strings.Repeat("A", 512)} {
			_, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it})
			requireError(t, err, "InvalidArgumentException", "Invalid ShardIterator.")
		}
	})
	t.Run("case 39 iterator after 301 s", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		it := r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
		r.clock.Step(300 * time.Second)
		next := *r.get(it).NextShardIterator
		r.clock.Step(time.Second)
		_, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it})
		requireError(t, err, "ExpiredIteratorException", "Iterator expired. The iterator was created at time Fri Nov 20 10:00:00 UTC 2026 while right now it is Fri Nov 20 10:05:01 UTC 2026 which is further in the future than the tolerated delay of 300000 milliseconds.")
		r.get(next)
		// Expiry is checked before existence.
		_, err = r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("a")})
		require.NoError(t, err)
		_, err = r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it})
		require.Equal(t, "ExpiredIteratorException", codeOf(err))
	})
	t.Run("case 41 GetRecords on idle shard", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		got := r.get(r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon))
		require.NotNil(t, got.Records)
		require.Empty(t, got.Records)
		require.Zero(t, *got.MillisBehindLatest)
		require.NotNil(t, got.NextShardIterator)
	})
	t.Run("case 42 delete stream, old iterator", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		it := r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
		_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("a")})
		require.NoError(t, err)
		_, err = r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it})
		requireError(t, err, "ResourceNotFoundException", "Shard shardId-000000000000 in stream a under account 123456789012 does not exist")
		t.Run("case 43 delete, recreate same name, old iterator", func(t *testing.T) {
			r.create("a", 1)
			r.put("a", "k", "new")
			_, err = r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it})
			requireError(t, err, "ResourceNotFoundException", "Shard shardId-000000000000 in stream a under account 123456789012 does not exist")
		})
	})
	t.Run("case 81 GetRecords DryRun on good iterator; on bad", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		it := r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
		_, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it, DryRun: aws.Bool(true)})
		requireError(t, err, "DryRunOperationException", "The request was rejected because the DryRun parameter was specified.")
		_, err = r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: aws.String("abc"), DryRun: aws.Bool(true)})
		requireError(t, err, "InvalidArgumentException", "Invalid ShardIterator.")
	})
	t.Run("limits of records and bytes", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		for i := range 12 {
			r.put("a", "k", fmt.Sprintf("%02d", i)+strings.Repeat("x", 1<<20-3))
			r.clock.Step(time.Second)
		}
		it := r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
		got, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it, Limit: aws.Int32(3), StreamARN: streamARN("a")})
		require.NoError(t, err)
		require.Len(t, got.Records, 3)
		require.EqualValues(t, 10000, *got.MillisBehindLatest)
		all := r.get(it)
		require.Len(t, all.Records, 10) // 10 MiB, keys included
		rest := r.get(*all.NextShardIterator)
		require.Len(t, rest.Records, 2)
		require.Zero(t, *rest.MillisBehindLatest)
		_, err = r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it, StreamARN: streamARN("b")})
		requireError(t, err, "InvalidArgumentException", "StreamARN does not refer to the stream of the ShardIterator.")
	})
	t.Run("iterators survive a restart", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.put("a", "k", "x")
		it := r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
		r.restart()
		require.Equal(t, []string{"x"}, payloads(r.get(it).Records))
		latest := r.iterator("a", shard0, types.ShardIteratorTypeLatest)
		r.put("a", "k", "y")
		require.Equal(t, []string{"y"}, payloads(r.get(latest).Records))
	})
	t.Run("too many calls", func(t *testing.T) {
		r := open(t, func(c *Config) { c.Limits.Enforced = true })
		r.create("a", 1)
		it := r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
		for range 5 {
			r.get(it)
		}
		_, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it})
		requireError(t, err, "ProvisionedThroughputExceededException", "Rate exceeded for Shard - 123456789012/a/shardId-000000000000")
		r.clock.Step(time.Second)
		r.get(it)
	})
	t.Run("after a large answer the next calls fail", func(t *testing.T) {
		r := open(t, func(c *Config) { c.Limits.Enforced = true })
		r.create("a", 1)
		for range 10 {
			r.put("a", "k", strings.Repeat("x", 1<<20-1))
			r.clock.Step(time.Second)
		}
		it := r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
		require.Len(t, r.get(it).Records, 10)
		r.clock.Step(3 * time.Second)
		_, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it})
		require.Equal(t, "ProvisionedThroughputExceededException", codeOf(err))
		r.clock.Step(2 * time.Second)
		r.get(it)
	})
}

func TestRetention(t *testing.T) {
	t.Run("case 84 clock past retention", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.put("a", "k", "old")
		r.clock.Step(time.Hour)
		r.put("a", "k", "young")
		it := r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
		r.clock.Step(23*time.Hour - time.Second)
		require.Equal(t, []string{"old", "young"}, r.read("a", shard0))
		r.clock.Step(2 * time.Second)
		require.Equal(t, []string{"young"}, r.read("a", shard0), "unreadable at once")
		require.Equal(t, "ExpiredIteratorException", func() string {
			_, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it})
			return codeOf(err)
		}())
		r.clock.Step(48 * time.Hour)
		first, err := r.log.Seek(r.ctx, r.only("a").logID(&r.only("a").view.Load().layout.shards[0]), 0, time.Time{})
		require.NoError(t, err)
		require.EqualValues(t, 2, first, "freed later")
		got := r.get(r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon))
		require.Empty(t, got.Records)
		require.Zero(t, *got.MillisBehindLatest)
	})
	t.Run("a decrease hides at once, an increase brings nothing back", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		hours := func(h int32) {
			t.Helper()
			var err error
			if int(h) > r.only("a").view.Load().state.Retention {
				_, err = r.IncreaseStreamRetentionPeriod(r.ctx, &kinesis.IncreaseStreamRetentionPeriodInput{StreamName: aws.String("a"), RetentionPeriodHours: &h})
			} else {
				_, err = r.DecreaseStreamRetentionPeriod(r.ctx, &kinesis.DecreaseStreamRetentionPeriodInput{StreamName: aws.String("a"), RetentionPeriodHours: &h})
			}
			require.NoError(t, err)
		}
		hours(48)
		r.put("a", "k", "old")
		r.clock.Step(30 * time.Hour)
		r.put("a", "k", "young")
		require.Equal(t, []string{"old", "young"}, r.read("a", shard0))
		hours(24)
		require.Equal(t, []string{"young"}, r.read("a", shard0))
		hours(100)
		require.Equal(t, []string{"young"}, r.read("a", shard0))
		r.restart()
		require.Equal(t, []string{"young"}, r.read("a", shard0))
	})
	t.Run("a year passes over 1,000 streams in less than two seconds", func(t *testing.T) {
		r := open(t)
		for i := range 1000 {
			name := fmt.Sprint("s", i)
			r.create(name, 1)
			r.put(name, "k", "x")
		}
		r.restart() // with nothing known about what the logs hold
		r.put("s0", "k", "x")
		quick.Within(t, 2*time.Second, func() {
			report := r.clock.Step(365 * 24 * time.Hour)
			require.True(t, report.Settled)
			require.LessOrEqual(t, report.Fired, 9000)
		})
		require.Nil(t, r.clock.State().Next, "idle streams have no timers")
	})
}

// only returns a stream of the test's account.
func (r *room) only(name string) *stream {
	r.t.Helper()
	st := r.lookup(r.ctx, streamKey{testAccount, testRegion, name})
	require.NotNil(r.t, st)
	return st
}

// BenchmarkGetRecords reads a full page of small records.
func BenchmarkGetRecords(b *testing.B) {
	r := open(b)
	r.create("a", 1)
	for range 20 {
		records := make([]types.PutRecordsRequestEntry, 500)
		for i := range records {
			records[i] = types.PutRecordsRequestEntry{PartitionKey: aws.String("key"), Data: make([]byte, 1024)}
		}
		_, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: records})
		require.NoError(b, err)
	}
	it := r.iterator("a", "0", types.ShardIteratorTypeTrimHorizon)
	b.ReportAllocs()
	for b.Loop() {
		require.Len(b, r.get(it).Records, 10000)
	}
}
