package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

func TestMergeShards(t *testing.T) {
	ask := func(r *room, first, second string) error {
		_, err := r.MergeShards(r.ctx, &kinesis.MergeShardsInput{StreamName: aws.String("a"), ShardToMerge: &first, AdjacentShardToMerge: &second})
		return err
	}
	t.Run("case 47 MergeShards in wrong order", func(t *testing.T) {
		r := open(t)
		r.create("a", 3)
		for _, pair := range [][2]string{{"1", "0"}, {"0", "2"}, {"0", "0"}, {"2", "0"}} {
			requireError(t, ask(r, pair[0], pair[1]), "InvalidArgumentException", "Shards shardId-00000000000"+pair[0]+" and shardId-00000000000"+pair[1]+" in stream a under account 123456789012 are not an adjacent pair of shards eligible for merging")
		}
	})
	t.Run("case 48 merge: child", func(t *testing.T) {
		r := open(t)
		r.create("a", 3)
		r.putAt("a", "0", "x")
		r.merge("a", shard0, shard1)
		list := r.list("a", nil)
		require.Len(t, list, 4)
		child := list[3]
		require.Equal(t, shard0, *child.ParentShardId)
		require.Equal(t, shard1, *child.AdjacentParentShardId)
		require.Equal(t, "0", *child.HashKeyRange.StartingHashKey)
		require.Equal(t, *list[1].HashKeyRange.EndingHashKey, *child.HashKeyRange.EndingHashKey)
		requireCover(t, r.list("a", &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}))
		for _, parent := range []string{shard0, shard1} {
			got := r.get(r.iterator("a", parent, types.ShardIteratorTypeTrimHorizon))
			require.Nil(t, got.NextShardIterator)
			require.Equal(t, []types.ChildShard{{ShardId: aws.String(shard3), ParentShards: []string{shard0, shard1}, HashKeyRange: child.HashKeyRange}}, got.ChildShards)
		}
		require.Equal(t, shard3, *r.putAt("a", "0", "y").ShardId)
	})
	t.Run("merge of a closed shard", func(t *testing.T) {
		r := open(t)
		r.create("a", 2)
		r.merge("a", "0", "1")
		requireError(t, ask(r, "0", "1"), "InvalidArgumentException", "Shard shardId-000000000000 in stream a under account 123456789012 has already been merged or split, and thus is not eligible for merging or splitting.")
	})
	t.Run("missing shards", func(t *testing.T) {
		r := open(t)
		r.create("a", 2)
		requireError(t, ask(r, "0", "9"), "ResourceNotFoundException", "Could not find shard shardId-000000000009 in stream a under account 123456789012.")
		requireError(t, ask(r, "0", "x"), "ResourceNotFoundException", "Could not find shard x in stream a under account 123456789012.")
	})
}
