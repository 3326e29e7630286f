package shards

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/quick"
)

func TestUpdateShardCount(t *testing.T) {
	ask := func(r *room, target int32) (*kinesis.UpdateShardCountOutput, error) {
		return r.UpdateShardCount(r.ctx, &kinesis.UpdateShardCountInput{StreamName: aws.String("a"), TargetShardCount: &target, ScalingType: types.ScalingTypeUniformScaling})
	}
	t.Run("case 55 UpdateShardCount 1 to 4", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		_, err := ask(r, 4)
		requireError(t, err, "LimitExceededException", "UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 1 Target shard count: 4")
		r.create("b", 5)
		_, err = r.UpdateShardCount(r.ctx, &kinesis.UpdateShardCountInput{StreamARN: streamARN("b"), TargetShardCount: aws.Int32(2)})
		requireError(t, err, "LimitExceededException", "UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: 5 Target shard count: 2")
	})
	t.Run("case 56 totals and answers", func(t *testing.T) {
		for _, c := range []struct{ from, to, total int }{{2, 4, 6}, {4, 5, 15}, {10, 13, 37}, {4, 2, 6}, {5, 3, 7}} {
			r := open(t)
			r.create("a", int32(c.from))
			out, err := ask(r, int32(c.to))
			require.NoError(t, err)
			require.Equal(t, &kinesis.UpdateShardCountOutput{StreamName: aws.String("a"), StreamARN: streamARN("a"),
				CurrentShardCount: aws.Int32(int32(c.from)), TargetShardCount: aws.Int32(int32(c.to))}, out)
			list := r.list("a", nil)
			require.Len(t, list, c.total, c)
			latest := r.list("a", &types.ShardFilter{Type: types.ShardFilterTypeAtLatest})
			require.Len(t, latest, c.to)
			requireCover(t, latest)
			requireLineage(t, list)
		}
	})
	t.Run("doubling and halving are even", func(t *testing.T) {
		r := open(t)
		r.create("a", 2)
		_, err := ask(r, 4)
		require.NoError(t, err)
		var starts []string
		for _, sh := range openRecords(r.only("a").view.Load().state) {
			starts = append(starts, sh.from.String())
		}
		require.Equal(t, []string{"0", "85070591730234615865843651857942052864", half, "255211775190703847597530955573826158592"}, starts)
	})
	t.Run("case 57 UpdateShardCount on on-demand", func(t *testing.T) {
		r := open(t)
		_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("a")})
		require.NoError(t, err)
		_, err = ask(r, 5)
		requireError(t, err, "ValidationException", "Request is invalid. Stream a under account 123456789012 is in On-Demand mode.")
	})
	t.Run("the same number changes nothing", func(t *testing.T) {
		r := open(t)
		r.create("a", 3)
		out, err := ask(r, 3)
		require.NoError(t, err)
		require.EqualValues(t, 3, *out.CurrentShardCount)
		require.Len(t, r.list("a", nil), 3)
	})
	t.Run("ten a day with limits on", func(t *testing.T) {
		r := open(t, func(c *Config) { c.Limits.Enforced = true })
		r.create("a", 2)
		for i := range 10 {
			_, err := ask(r, int32(3-i%2))
			require.NoError(t, err)
		}
		r.clock.Step(time.Second) // ten calls a second are all there are
		_, err := ask(r, 3)
		requireError(t, err, "LimitExceededException", "UpdateShardCount is limited to 10 successful calls in 24 hours for stream a under account 123456789012.")
		r.clock.Step(24 * time.Hour)
		_, err = ask(r, 3)
		require.NoError(t, err)
	})
	t.Run("readers follow shards that were never open", func(t *testing.T) {
		r := open(t)
		r.create("a", 4)
		r.putAt("a", "0", "before")
		_, err := ask(r, 5)
		require.NoError(t, err)
		r.putAt("a", "0", "after")
		require.Equal(t, []string{"before", "after"}, r.follow("a", shard0))
	})
	t.Run("5,000 to 10,000 and back", func(t *testing.T) {
		r := open(t)
		r.create("a", 5000)
		quick.Within(t, 5*time.Second, func() {
			_, err := ask(r, 10000)
			require.NoError(t, err)
			_, err = ask(r, 5000)
			require.NoError(t, err)
		})
		r.restart()
		require.Len(t, r.only("a").view.Load().layout.open, 5000)
		_, err := ask(r, 10001)
		require.Equal(t, "LimitExceededException", codeOf(err))
	})
}

// requireLineage holds every shard to its parents: together they cover it, and
// its numbers start after theirs.
func requireLineage(t *testing.T, list []types.Shard) {
	t.Helper()
	byID := map[string]types.Shard{}
	for _, sh := range list {
		byID[*sh.ShardId] = sh
	}
	for _, sh := range list {
		for _, p := range []*string{sh.ParentShardId, sh.AdjacentParentShardId} {
			if p == nil {
				continue
			}
			parent, ok := byID[*p]
			require.True(t, ok)
			require.NotNil(t, parent.SequenceNumberRange.EndingSequenceNumber)
			require.Less(t, *parent.SequenceNumberRange.EndingSequenceNumber, *sh.SequenceNumberRange.StartingSequenceNumber, fmt.Sprint(*sh.ShardId))
		}
	}
}
