package shards

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

func TestDescribeLimits(t *testing.T) {
	limits := func(r *room, ctx context.Context) *kinesis.DescribeLimitsOutput {
		out, err := r.DescribeLimits(ctx, &kinesis.DescribeLimitsInput{})
		require.NoError(t, err)
		return out
	}
	want := func(quota, open, onDemand int32) *kinesis.DescribeLimitsOutput {
		return &kinesis.DescribeLimitsOutput{
			ShardLimit: aws.Int32(quota), OpenShardCount: aws.Int32(open),
			OnDemandStreamCount: aws.Int32(onDemand), OnDemandStreamCountLimit: aws.Int32(50),
			ChannelCount: aws.Int32(0), ChannelCountLimit: aws.Int32(100),
		}
	}
	t.Run("an empty account", func(t *testing.T) {
		r := open(t)
		require.Equal(t, want(20000, 0, 0), limits(r, r.ctx))
		europe := caller.With(context.Background(), caller.Caller{Account: testAccount, Region: "eu-central-1"})
		require.Equal(t, want(6000, 0, 0), limits(r, europe))
	})
	t.Run("open shards of both modes, those to come included", func(t *testing.T) {
		r := open(t, lasting(minute), func(c *Config) { c.Limits.Shards = 77 })
		r.create("a", 3)
		r.createOnDemand("b")
		require.Equal(t, want(77, 7, 1), limits(r, r.ctx))
		r.clock.Step(minute)
		require.Equal(t, want(77, 7, 1), limits(r, r.ctx))
	})
	t.Run("closed shards do not count", func(t *testing.T) {
		r := open(t)
		r.create("a", 2)
		_, err := r.MergeShards(r.ctx, &kinesis.MergeShardsInput{StreamName: aws.String("a"),
			ShardToMerge: aws.String("shardId-000000000000"), AdjacentShardToMerge: aws.String("shardId-000000000001")})
		require.NoError(t, err)
		require.Equal(t, want(20000, 1, 0), limits(r, r.ctx))
	})
}
