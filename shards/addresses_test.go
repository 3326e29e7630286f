package shards

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// What the room tells of an input is where the call goes.
func TestAddresses(t *testing.T) {
	r := open(t)
	r.create("a", 2)
	zero, one := "shardId-000000000000", "shardId-000000000001"
	stream, key := aws.String("a"), aws.String("k")
	last := aws.String("340282366920938463463374607431768211455")
	iterator, err := r.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{StreamName: stream, ShardId: &one, ShardIteratorType: types.ShardIteratorTypeLatest})
	require.NoError(t, err)
	list, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{StreamName: stream, MaxResults: aws.Int32(1)})
	require.NoError(t, err)
	batch := &kinesis.PutRecordsInput{StreamName: stream}
	for i := range 20 {
		batch.Records = append(batch.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprint(i)), Data: []byte("x")})
	}
	batch.Records[7].ExplicitHashKey = last
	put, err := r.PutRecords(r.ctx, batch)
	require.NoError(t, err)
	var placed []string
	for _, record := range put.Records {
		placed = append(placed, *record.ShardId)
	}
	for name, c := range map[string]struct {
		in     any
		stream string
		shards []string
	}{
		"PutRecords":               {batch, "", placed},
		"PutRecord":                {&kinesis.PutRecordInput{StreamARN: aws.String("arn:aws:kinesis:us-east-1:123456789012:stream/a"), PartitionKey: key, ExplicitHashKey: last}, "", []string{one}},
		"PutRecord, no hash":       {&kinesis.PutRecordInput{StreamName: stream, PartitionKey: key, ExplicitHashKey: aws.String("9" + *last)}, "", []string{""}},
		"PutRecord, no stream":     {&kinesis.PutRecordInput{StreamName: aws.String("b"), PartitionKey: key}, "", []string{""}},
		"GetRecords":               {&kinesis.GetRecordsInput{ShardIterator: iterator.ShardIterator}, "a", []string{one}},
		"GetRecords, no iterator":  {&kinesis.GetRecordsInput{ShardIterator: aws.String("x")}, "", nil},
		"ListShards, next page":    {&kinesis.ListShardsInput{NextToken: list.NextToken}, "a", nil},
		"ListShards, bad token":    {&kinesis.ListShardsInput{NextToken: aws.String("x")}, "", nil},
		"GetShardIterator":         {&kinesis.GetShardIteratorInput{ShardId: aws.String("1")}, "", []string{one}},
		"SubscribeToShard":         {&kinesis.SubscribeToShardInput{ShardId: &one}, "", []string{one}},
		"SplitShard":               {&kinesis.SplitShardInput{ShardToSplit: &zero}, "", []string{zero}},
		"SplitShard, no shard":     {&kinesis.SplitShardInput{ShardToSplit: aws.String("x")}, "", nil},
		"MergeShards":              {&kinesis.MergeShardsInput{ShardToMerge: &zero, AdjacentShardToMerge: &one}, "", []string{zero, one}},
		"others are about no more": {&kinesis.ListStreamsInput{}, "", nil},
	} {
		stream, shards := r.Addresses(r.ctx, c.in)
		require.Equal(t, c.stream, stream, name)
		require.Equal(t, c.shards, shards, name)
	}

	r.clock.Step(24 * time.Hour) // so that the strategy may change
	_, err = r.UpdateStreamMode(r.ctx, &kinesis.UpdateStreamModeInput{StreamARN: aws.String("arn:aws:kinesis:us-east-1:123456789012:stream/a"),
		StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand}})
	require.NoError(t, err)
	_, err = r.UpdateStreamRecordDistributionStrategy(r.ctx, &kinesis.UpdateStreamRecordDistributionStrategyInput{
		StreamARN: aws.String("arn:aws:kinesis:us-east-1:123456789012:stream/a"), RecordDistributionStrategy: strategyAuto})
	require.NoError(t, err)
	_, shards := r.Addresses(r.ctx, &kinesis.PutRecordInput{StreamName: stream, PartitionKey: key})
	require.Equal(t, []string{""}, shards, "AUTO decides when it writes")
}

// Refusals on order have the texts of real ones.
func TestRefusalsOnOrder(t *testing.T) {
	r := open(t)
	r.create("a", 2)
	one := "shardId-000000000001"
	iterator, err := r.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{StreamName: aws.String("a"), ShardId: &one, ShardIteratorType: types.ShardIteratorTypeLatest})
	require.NoError(t, err)
	record := types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), ExplicitHashKey: aws.String("340282366920938463463374607431768211455")}
	busy := func(err error) string {
		var typed *types.ProvisionedThroughputExceededException
		require.ErrorAs(t, err, &typed)
		return *typed.Message
	}
	require.Equal(t, "Rate exceeded for shard shardId-000000000001 in stream a under account 123456789012.",
		busy(r.Throttled(r.ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: []types.PutRecordsRequestEntry{{}, record}}, "a", 1)))
	require.Equal(t, "Rate exceeded for shard shardId-000000000000 in stream b under account 123456789012.",
		busy(r.Throttled(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("b"), PartitionKey: aws.String("k")}, "b", 0)))
	get := &kinesis.GetRecordsInput{ShardIterator: iterator.ShardIterator}
	require.Equal(t, "Rate exceeded for Shard - 123456789012/a/shardId-000000000001", busy(r.Throttled(r.ctx, get, "a", 0)))
	var limit *types.LimitExceededException
	require.ErrorAs(t, r.Throttled(r.ctx, &kinesis.ListStreamsInput{}, "", 0), &limit)
	require.Equal(t, "Rate exceeded for account 123456789012.", *limit.Message)

	require.NoError(t, r.ExpiredIterator(r.ctx, &kinesis.ListStreamsInput{}))
	require.EqualError(t, r.ExpiredIterator(r.ctx, &kinesis.GetRecordsInput{ShardIterator: aws.String("x")}), errIteratorForm().Error())
	require.ErrorContains(t, r.ExpiredIterator(r.ctx, get), "created at time Fri Nov 20 09:54:59 UTC 2026 while right now it is Fri Nov 20 10:00:00 UTC 2026")
	r.clock.Step(time.Hour)
	require.ErrorContains(t, r.ExpiredIterator(r.ctx, get), "created at time Fri Nov 20 10:00:00 UTC 2026 while right now it is Fri Nov 20 11:00:00 UTC 2026")
}
