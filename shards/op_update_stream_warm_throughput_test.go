package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// warm scales stream a to a write throughput.
func (r *room) warm(mib int32) (*kinesis.UpdateStreamWarmThroughputOutput, error) {
	return r.UpdateStreamWarmThroughput(r.ctx, &kinesis.UpdateStreamWarmThroughputInput{StreamName: aws.String("a"), WarmThroughputMiBps: &mib})
}

func TestUpdateStreamWarmThroughput(t *testing.T) {
	t.Run("no stream, unknown stream, two streams, no value", func(t *testing.T) {
		r := open(t)
		r.createOnDemand("a")
		call := func(in kinesis.UpdateStreamWarmThroughputInput) error {
			_, err := r.UpdateStreamWarmThroughput(r.ctx, &in)
			return err
		}
		requireError(t, call(kinesis.UpdateStreamWarmThroughputInput{}), codeArgument, "Either StreamARN or StreamName should be provided.")
		requireError(t, call(kinesis.UpdateStreamWarmThroughputInput{StreamName: aws.String("nope")}), codeMissing, textMissing)
		requireError(t, call(kinesis.UpdateStreamWarmThroughputInput{StreamName: aws.String("b"), StreamARN: streamARN("a")}), codeArgument, "StreamARN and StreamName do not refer to the same stream.")
		requireError(t, call(kinesis.UpdateStreamWarmThroughputInput{StreamARN: streamARN("a")}), codeInvalid,
			"1 validation error detected: Value null at 'warmThroughputMiBps' failed to satisfy constraint: Member must not be null")
	})
	t.Run("needs on-demand mode and the commitment", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		_, err := r.warm(5)
		requireError(t, err, codeInvalid, "Request is invalid. Stream a under account 123456789012 is in Provisioned mode.")
		require.NoError(t, r.toMode(onDemand, nil))
		_, err = r.warm(5)
		requireError(t, err, codeInvalid, textCommitment)
		r.commits(enabled)
		_, err = r.warm(10241)
		requireError(t, err, codeLimit, "Stream a under account 123456789012 cannot be scaled to a warm throughput of 10241 MiB per second. Limit: 10240.")
		require.Equal(t, "ON_DEMAND 4", r.capacity())
		_, err = r.warm(5)
		require.NoError(t, err)
	})
	t.Run("only while ACTIVE; the target at once, the shards at the end of UPDATING", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.createOnDemand("a")
		r.commits(enabled)
		_, err := r.warm(10)
		requireError(t, err, codeInUse, textCreating)
		r.clock.Step(minute)
		out, err := r.warm(10)
		require.NoError(t, err)
		require.Equal(t, &kinesis.UpdateStreamWarmThroughputOutput{StreamName: aws.String("a"), StreamARN: streamARN("a"),
			WarmThroughput: &types.WarmThroughputObject{TargetMiBps: aws.Int32(10), CurrentMiBps: aws.Int32(0)}}, out)
		require.Equal(t, "ON_DEMAND 4 warm 10 0", r.capacity())
		_, err = r.warm(11)
		requireError(t, err, codeInUse, textUpdating)
		r.restart()
		r.clock.Step(minute)
		require.Equal(t, "ON_DEMAND 10 warm 10 10", r.capacity())
		requireCover(t, r.list("a", &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}))
	})
	t.Run("lower keeps the shards", func(t *testing.T) {
		r := open(t)
		r.createOnDemand("a")
		r.commits(enabled)
		_, err := r.warm(6)
		require.NoError(t, err)
		out, err := r.warm(2)
		require.NoError(t, err)
		require.Equal(t, &types.WarmThroughputObject{TargetMiBps: aws.Int32(2), CurrentMiBps: aws.Int32(6)}, out.WarmThroughput)
		require.Equal(t, "ON_DEMAND 6 warm 2 2", r.capacity())
		_, err = r.warm(0)
		require.NoError(t, err)
		require.Equal(t, "ON_DEMAND 6", r.capacity())
	})
	t.Run("shard quota", func(t *testing.T) {
		r := open(t, func(c *Config) { c.Limits.Shards = 9 })
		r.createOnDemand("a")
		r.commits(enabled)
		_, err := r.warm(10)
		require.Equal(t, codeLimit, codeOf(err))
		_, err = r.warm(9)
		require.NoError(t, err)
	})
	t.Run("10 GiB a second", func(t *testing.T) {
		r := open(t)
		r.createOnDemand("a")
		r.commits(enabled)
		_, err := r.warm(10240)
		require.NoError(t, err)
		require.Equal(t, "ON_DEMAND 10240 warm 10240 10240", r.capacity())
	})
}

func TestGrowHalvesTheWidest(t *testing.T) {
	shardOf := func(index uint32, from, to uint64) shardRecord {
		return shardRecord{index: index, parent: -1, adjacent: -1, from: hash{lo: from}, to: hash{lo: to}}
	}
	p := planner{next: 3}
	p.grow([]shardRecord{shardOf(0, 0, 9), shardOf(1, 10, 49), shardOf(2, 50, 59)}, 6)
	var parents []int64
	for _, child := range p.plan {
		parents = append(parents, child.parent)
	}
	require.Equal(t, []int64{1, 1, 0, 0, 2, 2}, parents)
	p = planner{next: 3}
	p.grow([]shardRecord{shardOf(0, 0, 9), shardOf(1, 10, 49), shardOf(2, 50, 59)}, 4)
	require.Len(t, p.plan, 2)
	require.Equal(t, hash{lo: 30}, p.plan[1].from)
	require.EqualValues(t, 4, p.plan[1].index)
}
