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

// tryRegister registers a consumer of stream a.
func (r *room) tryRegister(name string) error {
	_, err := r.RegisterStreamConsumer(r.ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: streamARN("a"), ConsumerName: &name})
	return err
}

// deregister removes a consumer of stream a.
func (r *room) deregister(name string) {
	r.t.Helper()
	_, err := r.DeregisterStreamConsumer(r.ctx, &kinesis.DeregisterStreamConsumerInput{StreamARN: streamARN("a"), ConsumerName: &name})
	require.NoError(r.t, err)
}

func TestRegisterStreamConsumer(t *testing.T) {
	t.Run("unknown stream, missing members", func(t *testing.T) {
		r := open(t)
		_, err := r.RegisterStreamConsumer(r.ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: streamARN("nope"), ConsumerName: aws.String("c")})
		requireError(t, err, codeMissing, textMissing)
		_, err = r.RegisterStreamConsumer(r.ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: streamARN("nope")})
		requireError(t, err, codeArgument, "Either ConsumerARN or both StreamARN and ConsumerName should be provided.")
	})
	t.Run("only while ACTIVE", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		requireError(t, r.tryRegister("c"), codeInUse, textCreating)
		r.clock.Step(minute)
		r.updating("a")
		requireError(t, r.tryRegister("c"), codeInUse, textUpdating)
		r.clock.Step(minute)
		require.NoError(t, r.tryRegister("c"))
	})
	t.Run("case 62 RegisterStreamConsumer", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		r.clock.Step(minute + 250*time.Millisecond)
		out, err := r.RegisterStreamConsumer(r.ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: streamARN("a"), ConsumerName: aws.String("c")})
		require.NoError(t, err)
		want := &types.Consumer{
			ConsumerName:              aws.String("c"),
			ConsumerARN:               aws.String("arn:aws:kinesis:us-east-1:123456789012:stream/a/consumer/c:1795168860"),
			ConsumerStatus:            types.ConsumerStatusCreating,
			ConsumerCreationTimestamp: aws.Time(time.Unix(1795168860, 0).UTC()),
		}
		require.Equal(t, want, out.Consumer)
		require.Equal(t, types.ConsumerStatusCreating, r.consumer("c").ConsumerStatus)
		require.EqualValues(t, 1, *r.summary("a").ConsumerCount)
		r.clock.Step(minute)
		require.Equal(t, types.ConsumerStatusActive, r.consumer("c").ConsumerStatus)
		require.Equal(t, "ACTIVE", r.status("a"), "the stream itself never changed")
	})
	t.Run("the answer is CREATING also when changes take no time", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		out, err := r.RegisterStreamConsumer(r.ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: streamARN("a"), ConsumerName: aws.String("c")})
		require.NoError(t, err)
		require.Equal(t, types.ConsumerStatusCreating, out.Consumer.ConsumerStatus)
		require.Equal(t, types.ConsumerStatusActive, r.consumer("c").ConsumerStatus)
	})
	t.Run("a name is taken until its consumer is gone", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		r.clock.Step(minute)
		first := r.register("a", "c")
		const taken = "Consumer c under stream a already exists for account 123456789012."
		requireError(t, r.tryRegister("c"), codeInUse, taken)
		r.deregister("c")
		requireError(t, r.tryRegister("c"), codeInUse, taken)
		r.clock.Step(minute)
		require.NotEqual(t, first, r.register("a", "c"))
	})
	t.Run("a name registered again within a second gets another ARN", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		seen := map[string]bool{}
		for range 5 {
			seen[r.register("a", "c")] = true
			r.deregister("c")
			r.restart()
		}
		require.Len(t, seen, 5)
		r.clock.Step(minute)
		r.register("a", "c")
		require.Empty(t, r.streams[streamKey{testAccount, testRegion, "a"}].view.Load().state.Retired, "what cannot collide is forgotten")
	})
	t.Run("tags from the start", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		r.clock.Step(minute)
		in := kinesis.RegisterStreamConsumerInput{StreamARN: streamARN("a"), ConsumerName: aws.String("c"), Tags: map[string]string{"a;": ""}}
		_, err := r.RegisterStreamConsumer(r.ctx, &in)
		requireError(t, err, codeArgument, textTagCharacters)
		in.Tags = someTags(51)
		_, err = r.RegisterStreamConsumer(r.ctx, &in)
		requireError(t, err, codeArgument, textTagCount)
		in.Tags = map[string]string{"k": "v"}
		out, err := r.RegisterStreamConsumer(r.ctx, &in)
		require.NoError(t, err)
		require.Equal(t, []string{"k=v"}, r.tagsOf(*out.Consumer.ConsumerARN))
	})
}

func TestConsumerCounts(t *testing.T) {
	t.Run("20 consumers", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		for i := range 20 {
			require.NoError(t, r.tryRegister(fmt.Sprint("c", i)))
		}
		const full = "Stream a under account 123456789012 cannot have more than 20 consumers registered with it."
		requireError(t, r.tryRegister("c20"), codeLimit, full)
		r.commits(types.MinimumThroughputBillingCommitmentInputStatusEnabled)
		requireError(t, r.tryRegister("c20"), codeLimit, full)
		r.deregister("c3")
		require.NoError(t, r.tryRegister("c20"))
	})
	t.Run("50 on an on-demand stream with the commitment", func(t *testing.T) {
		r := open(t)
		r.createOnDemand("a")
		for i := range 20 {
			require.NoError(t, r.tryRegister(fmt.Sprint("c", i)))
		}
		require.Equal(t, codeLimit, codeOf(r.tryRegister("c20")))
		r.commits(types.MinimumThroughputBillingCommitmentInputStatusEnabled)
		for i := range 30 {
			require.NoError(t, r.tryRegister(fmt.Sprint("d", i)))
		}
		requireError(t, r.tryRegister("e"), codeLimit, "Stream a under account 123456789012 cannot have more than 50 consumers registered with it.")
	})
	t.Run("5 in CREATING where limits per time are enforced", func(t *testing.T) {
		r := open(t, lasting(minute), func(c *Config) { c.Limits.Enforced = true })
		r.create("a", 1)
		r.create("b", 1)
		r.clock.Step(minute)
		for i := range 4 {
			require.NoError(t, r.tryRegister(fmt.Sprint("c", i)))
		}
		r.register("b", "c")
		r.clock.Step(time.Second) // five calls a second are all there are
		requireError(t, r.tryRegister("c5"), codeLimit, "Account 123456789012 cannot have more than 5 consumers in CREATING status.")
		r.clock.Step(minute)
		require.NoError(t, r.tryRegister("c5"))
	})
	t.Run("case 63 DeleteStream with consumer, without the flag", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.register("a", "c")
		_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("a")})
		requireError(t, err, codeInUse, "DeleteStream can't delete 123456789012:a because there are consumers associated with this data stream. To delete a anyway, set the EnforceConsumerDeletion parameter to true to force the deletion of all the consumers that are associated with it.")
		require.Equal(t, "ACTIVE", r.status("a"))
		_, err = r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("a"), EnforceConsumerDeletion: aws.Bool(true)})
		require.NoError(t, err)
		require.Equal(t, codeMissing, r.status("a"))
	})
}
