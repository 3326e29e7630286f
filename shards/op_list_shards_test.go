package shards

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

func ids(shards []types.Shard) []string {
	out := []string{}
	for _, sh := range shards {
		out = append(out, *sh.ShardId)
	}
	return out
}

func TestListShards(t *testing.T) {
	t.Run("case 1 ranges, ids and numbers of 3 shards", func(t *testing.T) {
		r := open(t)
		r.create("a", 3)
		list := r.list("a", nil)
		require.Equal(t, []string{shard0, shard1, shard2}, ids(list))
		require.Equal(t, &types.HashKeyRange{StartingHashKey: aws.String("0"), EndingHashKey: aws.String("113427455640312821154458202477256070484")}, list[0].HashKeyRange)
		require.Equal(t, &types.HashKeyRange{StartingHashKey: aws.String("113427455640312821154458202477256070485"), EndingHashKey: aws.String("226854911280625642308916404954512140969")}, list[1].HashKeyRange)
		require.Equal(t, &types.HashKeyRange{StartingHashKey: aws.String("226854911280625642308916404954512140970"), EndingHashKey: aws.String(full)}, list[2].HashKeyRange)
		requireCover(t, list)
	})
	t.Run("case 51 AT_LATEST during and after a split", func(t *testing.T) {
		r := open(t, lasting(10*time.Second))
		r.create("a", 2)
		r.clock.Step(10 * time.Second)
		r.split("a", "0", "77")
		latest := &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}
		require.Equal(t, []string{shard0, shard1}, ids(r.list("a", latest)))
		r.clock.Step(10 * time.Second)
		require.Equal(t, []string{shard1, shard2, shard3}, ids(r.list("a", latest)))
		requireCover(t, r.list("a", latest))
	})
	t.Run("case 52 AT_TIMESTAMP for every instant, AT_TRIM_HORIZON", func(t *testing.T) {
		r := open(t)
		r.create("a", 2)
		var instants []time.Time
		step := func(d time.Duration) {
			r.clock.Step(d)
			for ms := -2; ms <= 2; ms++ {
				instants = append(instants, r.clock.Now().Add(time.Duration(ms)*time.Millisecond))
			}
		}
		step(time.Second)
		r.putAt("a", "0", "in the same millisecond as the split")
		r.split("a", "0", "77")
		step(5 * time.Millisecond)
		r.split("a", "2", "33")
		r.merge("a", "4", "5") // in the instant they were born
		step(time.Second)
		_, err := r.UpdateShardCount(r.ctx, &kinesis.UpdateShardCountInput{StreamName: aws.String("a"), TargetShardCount: aws.Int32(4)})
		require.NoError(t, err)
		step(time.Hour)
		for _, at := range append(instants, testStart(), testStart().Add(-time.Hour)) {
			if at.After(r.clock.Now()) {
				continue
			}
			list := r.list("a", &types.ShardFilter{Type: types.ShardFilterTypeAtTimestamp, Timestamp: &at})
			requireCover(t, list, at)
		}
		first := r.list("a", &types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon})
		require.Equal(t, []string{shard0, shard1}, ids(first), "a young stream's first shards")
		r.clock.Step(23*time.Hour - 2*time.Second)
		for range 5000 { // every millisecond in which shards expire
			requireCover(t, r.list("a", &types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon}), r.clock.Now())
			r.clock.Step(time.Millisecond)
		}
	})
	t.Run("case 53 NextToken with StreamName", func(t *testing.T) {
		r := open(t)
		r.create("a", 3)
		page, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{StreamName: aws.String("a"), MaxResults: aws.Int32(2)})
		require.NoError(t, err)
		require.Equal(t, []string{shard0, shard1}, ids(page.Shards))
		for want, in := range map[string]kinesis.ListShardsInput{
			"StreamName":              {StreamName: aws.String("a")},
			"ExclusiveStartShardId":   {ExclusiveStartShardId: aws.String("a")},
			"StreamCreationTimestamp": {StreamCreationTimestamp: aws.Time(testStart())},
			"ShardFilter":             {ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}},
		} {
			in.NextToken = page.NextToken
			_, err := r.ListShards(r.ctx, &in)
			requireError(t, err, "InvalidArgumentException", "NextToken and "+want+" cannot be provided together.")
		}
		rest, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{NextToken: page.NextToken, StreamARN: streamARN("a")})
		require.NoError(t, err)
		require.Equal(t, []string{shard2}, ids(rest.Shards))
		require.Nil(t, rest.NextToken)
		t.Run("case 54 token after 301 s", func(t *testing.T) {
			r.clock.Step(301 * time.Second)
			_, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{NextToken: page.NextToken})
			require.Equal(t, "ExpiredNextTokenException", codeOf(err))
		})
	})
	t.Run("neither name nor token", func(t *testing.T) {
		_, err := open(t).ListShards(open(t).ctx, &kinesis.ListShardsInput{})
		requireError(t, err, "InvalidArgumentException", "Either NextToken or StreamName should be provided.")
	})
	t.Run("pages agree although the stream is resharded between them", func(t *testing.T) {
		r := open(t)
		r.create("a", 4)
		for _, filter := range []*types.ShardFilter{{Type: types.ShardFilterTypeAtLatest}, {Type: types.ShardFilterTypeAtTimestamp, Timestamp: aws.Time(r.clock.Now())},
			{Type: types.ShardFilterTypeAtTrimHorizon}} {
			in := &kinesis.ListShardsInput{StreamName: aws.String("a"), ShardFilter: filter, MaxResults: aws.Int32(1)}
			var list []types.Shard
			for {
				page, err := r.ListShards(r.ctx, in)
				require.NoError(t, err)
				list = append(list, page.Shards...)
				if page.NextToken == nil {
					break
				}
				open := openRecords(r.only("a").view.Load().state)
				last := open[len(open)-1]
				r.split("a", shardID(int64(last.index)), middle(last.from, last.to).String())
				in = &kinesis.ListShardsInput{NextToken: page.NextToken, MaxResults: aws.Int32(1)}
			}
			requireCover(t, list, filter.Type)
		}
	})
	t.Run("the other filters", func(t *testing.T) {
		r := open(t)
		r.create("a", 2)
		r.clock.Step(time.Hour)
		r.split("a", "0", "77")
		r.clock.Step(time.Hour)
		r.merge("a", "2", "3")
		list := func(f types.ShardFilter) []string { return ids(r.list("a", &f)) }
		all := []string{shard0, shard1, shard2, shard3, "shardId-000000000004"}
		require.Equal(t, all, list(types.ShardFilter{Type: types.ShardFilterTypeFromTrimHorizon}))
		require.Equal(t, all[2:], list(types.ShardFilter{Type: types.ShardFilterTypeAfterShardId, ShardId: aws.String(shard1)}))
		require.Equal(t, all[1:], list(types.ShardFilter{Type: types.ShardFilterTypeFromTimestamp, Timestamp: aws.Time(testStart().Add(time.Hour + time.Millisecond))}))
		require.Equal(t, all, list(types.ShardFilter{Type: types.ShardFilterTypeFromTimestamp, Timestamp: aws.Time(testStart().Add(time.Hour))}))
		out, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{StreamName: aws.String("a"), ExclusiveStartShardId: aws.String(shard2)})
		require.NoError(t, err)
		require.Equal(t, all[3:], ids(out.Shards))
		for _, f := range []types.ShardFilter{{Type: types.ShardFilterTypeAfterShardId}, {Type: types.ShardFilterTypeAtTimestamp},
			{Type: types.ShardFilterTypeFromTimestamp}, {Type: types.ShardFilterTypeAtTimestamp, Timestamp: aws.Time(r.clock.Now().Add(time.Second))}} {
			_, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{StreamName: aws.String("a"), ShardFilter: &f})
			require.Equal(t, "InvalidArgumentException", codeOf(err))
		}
	})
	t.Run("a stream in CREATING has no shards to list yet", func(t *testing.T) {
		r := open(t, lasting(time.Minute))
		r.create("a", 1)
		_, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{StreamName: aws.String("a")})
		requireError(t, err, "ResourceInUseException", "Stream a under account 123456789012 not ACTIVE, instead in state CREATING")
	})
	t.Run("1,000 a page", func(t *testing.T) {
		r := open(t)
		r.create("a", 1001)
		out, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{StreamName: aws.String("a"), MaxResults: aws.Int32(10000)})
		require.NoError(t, err)
		require.Len(t, out.Shards, 1000)
		require.NotNil(t, out.NextToken)
	})
}
