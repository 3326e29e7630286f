package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

const (
	auto  = types.RecordDistributionStrategyAuto
	byKey = types.RecordDistributionStrategyUserPartitionKey
)

// distribute changes the strategy of stream a.
func (r *room) distribute(strategy types.RecordDistributionStrategy) error {
	_, err := r.UpdateStreamRecordDistributionStrategy(r.ctx, &kinesis.UpdateStreamRecordDistributionStrategyInput{
		StreamARN: streamARN("a"), RecordDistributionStrategy: strategy})
	return err
}

func TestUpdateStreamRecordDistributionStrategy(t *testing.T) {
	t.Run("no stream, unknown stream", func(t *testing.T) {
		r := open(t)
		_, err := r.UpdateStreamRecordDistributionStrategy(r.ctx, &kinesis.UpdateStreamRecordDistributionStrategyInput{RecordDistributionStrategy: auto})
		requireError(t, err, codeArgument, "Either StreamARN or StreamName should be provided.")
		_, err = r.UpdateStreamRecordDistributionStrategy(r.ctx, &kinesis.UpdateStreamRecordDistributionStrategyInput{StreamARN: streamARN("nope"), RecordDistributionStrategy: auto})
		requireError(t, err, codeMissing, textMissing)
	})
	t.Run("AUTO is for on-demand streams", func(t *testing.T) {
		r := open(t)
		r.create("a", 4)
		requireError(t, r.distribute(auto), codeArgument, "RecordDistributionStrategy AUTO is only supported for streams in ON_DEMAND mode.")
		require.NoError(t, r.distribute(byKey))
		require.Empty(t, r.summary("a").RecordDistributionStrategy, "a provisioned stream shows none")
	})
	t.Run("only while ACTIVE, and at once", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.createOnDemand("a")
		requireError(t, r.distribute(auto), codeInUse, textCreating)
		r.clock.Step(minute)
		require.Equal(t, byKey, r.summary("a").RecordDistributionStrategy)
		require.NoError(t, r.distribute(auto))
		require.Equal(t, "ACTIVE", r.status("a"))
		require.Equal(t, auto, r.summary("a").RecordDistributionStrategy)
	})
	t.Run("records are spread, and no longer", func(t *testing.T) {
		r := open(t)
		r.createOnDemand("a")
		shards := func() int {
			seen := map[string]bool{}
			for range 8 {
				seen[*r.put("a", "one key", "x").ShardId] = true
			}
			return len(seen)
		}
		require.Equal(t, 1, shards())
		require.NoError(t, r.distribute(auto))
		require.Equal(t, 4, shards())
		_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), Data: []byte("x")})
		require.NoError(t, err, "a key is not needed")
		require.NoError(t, r.distribute(byKey))
		require.Equal(t, 1, shards())
		_, err = r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), Data: []byte("x")})
		require.Equal(t, codeInvalid, codeOf(err))
	})
}
