package shards

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

func TestCreateStream(t *testing.T) {
	t.Run("case 5 CreateStream twice", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("a"), ShardCount: aws.Int32(1)})
		requireError(t, err, "ResourceInUseException", "Stream a under account 123456789012 already exists.")
	})
	t.Run("case 6 CreateStream with a name only", func(t *testing.T) {
		r := open(t)
		_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("a")})
		require.NoError(t, err)
		out, err := r.DescribeStreamSummary(r.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("a")})
		require.NoError(t, err)
		require.EqualValues(t, 4, *out.StreamDescriptionSummary.OpenShardCount)
		require.Equal(t, types.StreamModeOnDemand, out.StreamDescriptionSummary.StreamModeDetails.StreamMode)
	})
	t.Run("case 7 CreateStream ON_DEMAND with ShardCount", func(t *testing.T) {
		r := open(t)
		_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("a"), ShardCount: aws.Int32(1),
			StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand}})
		requireError(t, err, "InvalidArgumentException", "ShardCount is not expected when StreamMode=ON_DEMAND")
	})
	t.Run("provisioned needs a count", func(t *testing.T) {
		r := open(t)
		_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("a"),
			StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeProvisioned}})
		requireError(t, err, "InvalidArgumentException", "ShardCount is expected when StreamMode=PROVISIONED")
	})
	t.Run("AUTO distribution is for on-demand streams", func(t *testing.T) {
		r := open(t)
		_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("a"), ShardCount: aws.Int32(1),
			RecordDistributionStrategy: types.RecordDistributionStrategyAuto})
		requireError(t, err, "InvalidArgumentException",
			"RecordDistributionStrategy AUTO is only supported for streams in ON_DEMAND mode.")
	})
	t.Run("shard quota", func(t *testing.T) {
		r := open(t, func(c *Config) { c.Limits.Shards = 5 }, lasting(time.Second))
		r.create("a", 4)
		_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("b"), ShardCount: aws.Int32(2)})
		requireError(t, err, "LimitExceededException", "This request would exceed the shard limit for the account 123456789012 in us-east-1. Current shard count for the account: 4. Limit: 5. Number of additional shards that would have resulted from this request: 2. Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits.")
		r.create("b", 1)
	})
	t.Run("tags are checked", func(t *testing.T) {
		r := open(t)
		_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("a"), Tags: map[string]string{"a;b": ""}})
		requireError(t, err, "InvalidArgumentException",
			"Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @.")
	})
	t.Run("nothing given is an answer, not a panic", func(t *testing.T) {
		r := open(t)
		_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{})
		requireError(t, err, "ValidationException",
			"1 validation error detected: Value null at 'streamName' failed to satisfy constraint: Member must not be null")
	})
	t.Run("10,000 shards are cheap", func(t *testing.T) {
		r := open(t)
		r.create("big", 10000)
		r.restart()
		v := r.streams[streamKey{testAccount, testRegion, "big"}].view.Load()
		sh := v.layout.route(hashOf("a"))
		require.False(t, hashOf("a").less(sh.from) || sh.to.less(hashOf("a")))
		require.Zero(t, testing.AllocsPerRun(10, func() { v.layout.route(hashOf("a")) }))
	})
}

// TestTransitions follows the states of a stream through service time.
func TestTransitions(t *testing.T) {
	t.Run("states last as long as configured", func(t *testing.T) {
		r := open(t, lasting(10*time.Second))
		r.create("a", 2)
		require.Equal(t, "CREATING", r.status("a"))
		r.clock.Step(9 * time.Second)
		require.Equal(t, "CREATING", r.status("a"))
		r.clock.Step(time.Second)
		require.Equal(t, "ACTIVE", r.status("a"))
		_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamARN: streamARN("a")})
		require.NoError(t, err)
		require.Equal(t, "DELETING", r.status("a"))
		r.clock.Step(10 * time.Second)
		require.Equal(t, "ResourceNotFoundException", r.status("a"))
	})
	t.Run("a restart goes on where it was", func(t *testing.T) {
		r := open(t, lasting(10*time.Second))
		r.create("a", 2)
		r.clock.Step(4 * time.Second)
		r.restart()
		require.Equal(t, "CREATING", r.status("a"))
		r.clock.Step(6 * time.Second)
		require.Equal(t, "ACTIVE", r.status("a"))
	})
	t.Run("a change that was due during the downtime lands at once", func(t *testing.T) {
		r := open(t, lasting(10*time.Second))
		r.create("a", 2)
		require.NoError(t, r.Close())
		r.clock.Step(time.Minute)
		r.Streams = r.reopened()
		require.Eventually(t, func() bool { return r.status("a") == "ACTIVE" }, time.Minute, time.Millisecond)
	})
	t.Run("the real service's times", func(t *testing.T) {
		r := open(t, func(c *Config) { c.Transition = TransitionConfig{AWS: true, Duration: time.Millisecond} })
		r.create("a", 2)
		r.clock.Step(29 * time.Second)
		require.Equal(t, "CREATING", r.status("a"))
		r.clock.Step(time.Second)
		require.Equal(t, "ACTIVE", r.status("a"))
	})
}
