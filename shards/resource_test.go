package shards

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// A consumer can be gone, or be another one of the same name, by the time a
// change of it comes to be made.
func TestConsumerGoneMeanwhile(t *testing.T) {
	const gone = "Consumer c under stream a and account 123456789012 not found."
	r := open(t)
	r.create("a", 1)
	arn := r.register("a", "c")
	found, err := r.resource(r.ctx, &arn)
	require.NoError(t, err)
	r.deregister("c")
	r.clock.Step(minute)
	r.register("a", "c")
	v := found.stream.view.Load()
	t.Run("checks find nothing", func(t *testing.T) {
		requireError(t, found.ready(v), codeMissing, gone)
		_, err := found.tags(v)
		requireError(t, err, codeMissing, gone)
		_, err = found.policy(v)
		requireError(t, err, codeMissing, gone)
		_, err = found.tagging(v, someTags(1))
		requireError(t, err, codeMissing, gone)
		_, err = found.untagging(v, []string{"k"})
		requireError(t, err, codeMissing, gone)
	})
	t.Run("stored commands change nothing", func(t *testing.T) {
		for _, c := range []command{
			&changeTags{Consumer: found.consumer, Set: someTags(1)}, &setPolicy{Consumer: found.consumer, Policy: "{}"},
			&deregisterConsumer{Consumer: *found.consumer, Due: 1}, &deregisterConsumer{Consumer: consumerRef{Name: "never"}, Due: 1},
			&landConsumer{Name: "c", Created: found.consumer.Created},
		} {
			require.NoError(t, r.change(r.ctx, found.stream, as(c)))
		}
		require.Equal(t, v.state.Consumers, found.stream.view.Load().state.Consumers)
	})
}

// as makes a change of a command that needs no check.
func as(c command) func(*view, time.Time) (command, error) {
	return func(*view, time.Time) (command, error) { return c, nil }
}

// Two rooms over one catalog are what a cluster would be: each finds out that
// the other has made a change, and makes its own on top.
func TestAnotherWriter(t *testing.T) {
	r := open(t)
	r.create("a", 1)
	other := r.reopened()
	t.Cleanup(func() { require.NoError(t, other.Close()) })
	_, err := other.AddTagsToStream(r.ctx, &kinesis.AddTagsToStreamInput{StreamName: aws.String("a"), Tags: map[string]string{"a": "1"}})
	require.NoError(t, err)
	require.NoError(t, r.addTags(map[string]string{"b": "2"}))
	require.Equal(t, []string{"a=1", "b=2"}, r.tags())
	_, err = other.UpdateAccountSettings(r.ctx, &kinesis.UpdateAccountSettingsInput{
		MinimumThroughputBillingCommitment: &types.MinimumThroughputBillingCommitmentInput{Status: enabled}})
	require.NoError(t, err)
	require.Equal(t, "ENABLED_UNTIL_EARLIEST_ALLOWED_END", string(r.commits(disabled).Status), "it saw that there was one to end")
}
