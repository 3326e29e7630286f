package shards

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// describe is what DescribeStream says.
func (r *room) describe(in kinesis.DescribeStreamInput) *types.StreamDescription {
	r.t.Helper()
	out, err := r.DescribeStream(r.ctx, &in)
	require.NoError(r.t, err)
	return out.StreamDescription
}

// plain is a shard of a new stream as descriptions show it, without sequence numbers.
func plain(index int, from, to string) types.Shard {
	return types.Shard{
		ShardId:      aws.String(fmt.Sprintf("shardId-%012d", index)),
		HashKeyRange: &types.HashKeyRange{StartingHashKey: aws.String(from), EndingHashKey: aws.String(to)},
	}
}

func shardIDsOf(shards []types.Shard) []string {
	ids := make([]string, 0, len(shards))
	for _, sh := range shards {
		ids = append(ids, *sh.ShardId)
	}
	return ids
}

func TestDescribeStream(t *testing.T) {
	t.Run("unknown, and neither name nor ARN", func(t *testing.T) {
		r := open(t)
		_, err := r.DescribeStream(r.ctx, &kinesis.DescribeStreamInput{StreamName: aws.String("nope")})
		requireError(t, err, codeMissing, textMissing)
		_, err = r.DescribeStream(r.ctx, &kinesis.DescribeStreamInput{StreamARN: streamARN("nope")})
		requireError(t, err, codeMissing, textMissing)
		_, err = r.DescribeStream(r.ctx, &kinesis.DescribeStreamInput{})
		requireError(t, err, codeArgument, "Either StreamARN or StreamName should be provided.")
	})
	t.Run("case 1 CreateStream ShardCount 3, describe", func(t *testing.T) {
		r := open(t)
		r.create("a", 3)
		got := r.describe(kinesis.DescribeStreamInput{StreamName: aws.String("a")})
		for i := range got.Shards {
			require.Regexp(t, `^\d{56}$`, *got.Shards[i].SequenceNumberRange.StartingSequenceNumber)
			require.Nil(t, got.Shards[i].SequenceNumberRange.EndingSequenceNumber)
			got.Shards[i].SequenceNumberRange = nil
		}
		require.Equal(t, &types.StreamDescription{
			StreamName:              aws.String("a"),
			StreamARN:               aws.String("arn:aws:kinesis:us-east-1:123456789012:stream/a"),
			StreamStatus:            types.StreamStatusActive,
			StreamModeDetails:       &types.StreamModeDetails{StreamMode: types.StreamModeProvisioned},
			RetentionPeriodHours:    aws.Int32(24),
			StreamCreationTimestamp: aws.Time(testStart()),
			EnhancedMonitoring:      []types.EnhancedMetrics{{ShardLevelMetrics: []types.MetricsName{}}},
			EncryptionType:          types.EncryptionTypeNone,
			HasMoreShards:           aws.Bool(false),
			Shards: []types.Shard{
				plain(0, "0", "113427455640312821154458202477256070484"),
				plain(1, "113427455640312821154458202477256070485", "226854911280625642308916404954512140969"),
				plain(2, "226854911280625642308916404954512140970", "340282366920938463463374607431768211455"),
			},
		}, got)
	})
	t.Run("case 2 CreateStream, DescribeStream at once", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 3)
		got := r.describe(kinesis.DescribeStreamInput{StreamARN: streamARN("a")})
		require.Equal(t, types.StreamStatusCreating, got.StreamStatus)
		require.NotNil(t, got.Shards)
		require.Empty(t, got.Shards)
		require.False(t, *got.HasMoreShards)
	})
	t.Run("pages", func(t *testing.T) {
		r := open(t)
		r.create("a", 205)
		first := r.describe(kinesis.DescribeStreamInput{StreamName: aws.String("a"), Limit: aws.Int32(10000)})
		require.Len(t, first.Shards, 100)
		require.True(t, *first.HasMoreShards)
		require.Equal(t, "shardId-000000000099", *first.Shards[99].ShardId)
		last := r.describe(kinesis.DescribeStreamInput{StreamName: aws.String("a"), ExclusiveStartShardId: aws.String("shardId-000000000199")})
		require.Len(t, last.Shards, 5)
		require.False(t, *last.HasMoreShards)
		exact := r.describe(kinesis.DescribeStreamInput{StreamName: aws.String("a"), Limit: aws.Int32(5), ExclusiveStartShardId: aws.String("shardId-000000000199")})
		require.Len(t, exact.Shards, 5)
		require.False(t, *exact.HasMoreShards)
	})
	t.Run("the start is compared as text and need not exist", func(t *testing.T) {
		r := open(t)
		r.create("a", 3)
		for start, want := range map[string]int{"shard": 3, "shardId-0000000000005": 2, "shardId-000000000002": 0, "zzz": 0, "0": 3} {
			got := r.describe(kinesis.DescribeStreamInput{StreamName: aws.String("a"), ExclusiveStartShardId: aws.String(start)})
			require.Len(t, got.Shards, want, start)
		}
	})
	t.Run("closed shards stay until their data has expired", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.clock.Step(minute)
		_, err := r.UpdateShardCount(r.ctx, &kinesis.UpdateShardCountInput{StreamName: aws.String("a"), TargetShardCount: aws.Int32(2), ScalingType: types.ScalingTypeUniformScaling})
		require.NoError(t, err)
		got := r.describe(kinesis.DescribeStreamInput{StreamName: aws.String("a")})
		require.Equal(t, []string{"shardId-000000000000", "shardId-000000000001", "shardId-000000000002"}, shardIDsOf(got.Shards))
		require.NotNil(t, got.Shards[0].SequenceNumberRange.EndingSequenceNumber)
		r.clock.Step(24 * 60 * minute)
		got = r.describe(kinesis.DescribeStreamInput{StreamName: aws.String("a")})
		require.Equal(t, []string{"shardId-000000000001", "shardId-000000000002"}, shardIDsOf(got.Shards))
		require.Equal(t, "shardId-000000000000", *got.Shards[0].ParentShardId)
	})
}
