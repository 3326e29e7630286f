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

// toMode changes the mode of stream a.
func (r *room) toMode(mode types.StreamMode, warm *int32) error {
	_, err := r.UpdateStreamMode(r.ctx, &kinesis.UpdateStreamModeInput{StreamARN: streamARN("a"),
		StreamModeDetails: &types.StreamModeDetails{StreamMode: mode}, WarmThroughputMiBps: warm})
	return err
}

// capacity is mode, open shards, target and current warm throughput of a.
func (r *room) capacity() string {
	r.t.Helper()
	s := r.summary("a")
	text := fmt.Sprint(s.StreamModeDetails.StreamMode, " ", *s.OpenShardCount)
	if s.WarmThroughput != nil {
		text += fmt.Sprint(" warm ", *s.WarmThroughput.TargetMiBps, " ", *s.WarmThroughput.CurrentMiBps)
	}
	return text
}

const (
	onDemand    = types.StreamModeOnDemand
	provisioned = types.StreamModeProvisioned

	textCommitment = "Request is invalid. Stream a under account 123456789012 needs the ON_DEMAND mode and an account with the minimum throughput billing commitment for warm throughput."
)

func TestUpdateStreamMode(t *testing.T) {
	t.Run("no stream, unknown stream, no mode", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		details := &types.StreamModeDetails{StreamMode: onDemand}
		_, err := r.UpdateStreamMode(r.ctx, &kinesis.UpdateStreamModeInput{StreamModeDetails: details})
		requireError(t, err, codeArgument, "Either StreamARN or StreamName should be provided.")
		_, err = r.UpdateStreamMode(r.ctx, &kinesis.UpdateStreamModeInput{StreamARN: streamARN("nope"), StreamModeDetails: details})
		requireError(t, err, codeMissing, textMissing)
		_, err = r.UpdateStreamMode(r.ctx, &kinesis.UpdateStreamModeInput{StreamARN: streamARN("a")})
		requireError(t, err, codeInvalid, "1 validation error detected: Value null at 'streamModeDetails' failed to satisfy constraint: Member must not be null")
	})
	t.Run("only while ACTIVE, in effect at the end of UPDATING", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		requireError(t, r.toMode(onDemand, nil), codeInUse, textCreating)
		r.clock.Step(minute)
		require.NoError(t, r.toMode(onDemand, nil))
		requireError(t, r.toMode(provisioned, nil), codeInUse, textUpdating)
		require.Equal(t, "UPDATING", r.status("a"))
		require.Equal(t, "PROVISIONED 1", r.capacity())
		r.clock.Step(minute)
		require.Equal(t, "ACTIVE", r.status("a"))
		require.Equal(t, "ON_DEMAND 4", r.capacity())
	})
	t.Run("to on-demand there are four shards at least", func(t *testing.T) {
		for before, after := range map[int32]int{1: 4, 2: 4, 3: 4, 4: 4, 7: 7} {
			r := open(t)
			r.create("a", before)
			require.NoError(t, r.toMode(onDemand, nil))
			require.Equal(t, fmt.Sprint("ON_DEMAND ", after), r.capacity(), before)
			r.restart()
			requireCover(t, r.list("a", &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}))
			require.NoError(t, r.toMode(provisioned, nil))
			require.Equal(t, fmt.Sprint("PROVISIONED ", after), r.capacity(), before)
		}
	})
	t.Run("records stay readable through the change", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.put("a", "k", "before")
		require.NoError(t, r.toMode(onDemand, nil))
		r.put("a", "k", "after")
		require.Equal(t, []string{"before"}, r.read("a", "0"))
		children := r.get(r.iterator("a", "0", types.ShardIteratorTypeLatest)).ChildShards
		require.Len(t, children, 2)
	})
	t.Run("the present mode changes nothing", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		r.clock.Step(minute)
		require.NoError(t, r.toMode(provisioned, nil))
		require.Equal(t, "ACTIVE", r.status("a"))
	})
	t.Run("what only an on-demand stream has ends with it", func(t *testing.T) {
		r := open(t)
		r.createOnDemand("a")
		r.commits(enabled)
		require.NoError(t, r.distribute(types.RecordDistributionStrategyAuto))
		_, err := r.warm(6)
		require.NoError(t, err)
		require.NoError(t, r.toMode(provisioned, nil))
		require.Equal(t, "PROVISIONED 6", r.capacity())
		require.NoError(t, r.toMode(onDemand, nil))
		require.Equal(t, "ON_DEMAND 6", r.capacity())
		require.Equal(t, types.RecordDistributionStrategyUserPartitionKey, r.summary("a").RecordDistributionStrategy)
	})
	t.Run("with warm throughput", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		requireError(t, r.toMode(onDemand, aws.Int32(9)), codeInvalid, textCommitment)
		r.commits(enabled)
		const unasked = "WarmThroughputMiBps is only valid when the stream mode is being updated to ON_DEMAND."
		requireError(t, r.toMode(provisioned, aws.Int32(9)), codeInvalid, unasked)
		requireError(t, r.toMode(onDemand, aws.Int32(10241)), codeLimit, "Stream a under account 123456789012 cannot be scaled to a warm throughput of 10241 MiB per second. Limit: 10240.")
		require.NoError(t, r.toMode(onDemand, aws.Int32(9)))
		require.Equal(t, "ON_DEMAND 9 warm 9 9", r.capacity())
		requireError(t, r.toMode(onDemand, aws.Int32(9)), codeInvalid, unasked)
	})
	t.Run("quotas", func(t *testing.T) {
		r := open(t, func(c *Config) { c.Limits.Shards = 203 })
		for i := range 50 {
			r.createOnDemand(fmt.Sprint("s", i))
		}
		r.create("a", 1)
		requireError(t, r.toMode(onDemand, nil), codeLimit, "This request would exceed the on-demand stream limit for the account 123456789012 in us-east-1. Limit: 50.")
		_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("s0")})
		require.NoError(t, err)
		r.create("b", 4)
		requireError(t, r.toMode(onDemand, nil), codeLimit, "This request would exceed the shard limit for the account 123456789012 in us-east-1. Current shard count for the account: 201. Limit: 203. Number of additional shards that would have resulted from this request: 3. Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits.")
		require.Equal(t, "PROVISIONED 1", r.capacity())
	})
	t.Run("twice a day where limits per time are enforced", func(t *testing.T) {
		r := open(t, func(c *Config) { c.Limits.Enforced = true })
		r.create("a", 4)
		require.NoError(t, r.toMode(onDemand, nil))
		r.clock.Step(time.Hour)
		require.NoError(t, r.toMode(provisioned, nil))
		const text = "UpdateStreamMode is limited to 2 successful calls in 24 hours for stream a under account 123456789012."
		requireError(t, r.toMode(onDemand, nil), codeLimit, text)
		r.restart()
		r.clock.Step(23*time.Hour - time.Second)
		requireError(t, r.toMode(onDemand, nil), codeLimit, text)
		r.clock.Step(time.Second)
		require.NoError(t, r.toMode(onDemand, nil))
	})
}
