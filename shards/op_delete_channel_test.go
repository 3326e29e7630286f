package shards

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/delivery"
)

// removeChannel deletes a channel.
func (r *room) removeChannel(arn string) {
	r.t.Helper()
	_, err := r.DeleteChannel(r.ctx, &kinesis.DeleteChannelInput{ChannelARN: &arn})
	require.NoError(r.t, err)
}

func TestDeleteChannel(t *testing.T) {
	t.Run("addressing", func(t *testing.T) {
		channelAddressing(t, func(r *room, arn *string) error {
			_, err := r.DeleteChannel(r.ctx, &kinesis.DeleteChannelInput{ChannelARN: arn})
			return err
		})
	})
	t.Run("DELETING, then gone; what waits is not delivered", func(t *testing.T) {
		b := newBuckets("lake")
		r := open(t, lasting(minute)).delivers(b)
		r.createOnDemand("a")
		r.clock.Step(minute)
		arn := r.channel("c", "a")
		r.clock.Step(minute)
		r.say("a", "1")
		r.clock.Step(freshness)
		r.say("a", "2")
		r.removeChannel(arn)
		require.Equal(t, "DELETING", r.channelStatus(arn))
		r.removeChannel(arn) // again
		r.clock.Step(minute)
		require.Equal(t, codeMissing, r.channelStatus(arn))
		r.say("a", "3")
		r.clock.Step(time.Hour)
		require.Equal(t, "1\n", b.text("lake"))
		require.EqualValues(t, 0, *r.summary("a").ChannelCount)
	})
	t.Run("while it is CREATING, and over a restart", func(t *testing.T) {
		r := open(t, lasting(minute)).delivers(newBuckets("lake"))
		r.createOnDemand("a")
		r.clock.Step(minute)
		arn := r.channel("c", "a")
		r.removeChannel(arn)
		r.restart()
		r.delivers(newBuckets("lake"))
		require.Equal(t, "DELETING", r.channelStatus(arn))
		r.clock.Step(minute)
		require.Equal(t, codeMissing, r.channelStatus(arn))
	})
	t.Run("while it delivers", func(t *testing.T) {
		b := newBuckets("lake")
		r := open(t).delivers(b)
		r.createOnDemand("a")
		arn := r.channel("c", "a")
		b.before = func(delivery.Object) { r.removeChannel(arn) }
		r.say("a", "1")
		r.clock.Step(freshness)
		require.Len(t, b.in("lake"), 1)
		require.Equal(t, codeMissing, r.channelStatus(arn))
	})
	t.Run("a stream with channels stays", func(t *testing.T) {
		r := open(t).delivers(newBuckets("lake"))
		r.createOnDemand("a")
		arn := r.channel("c", "a")
		remove := func() error {
			_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("a"), EnforceConsumerDeletion: aws.Bool(true)})
			return err
		}
		requireError(t, remove(), codeInUse, "DeleteStream can't delete 123456789012:a because there are channels associated with this data stream. Delete the channels first.")
		r.clock.Step(24 * time.Hour)
		_, err := r.UpdateStreamMode(r.ctx, &kinesis.UpdateStreamModeInput{StreamARN: streamARN("a"),
			StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeProvisioned}})
		requireError(t, err, codeInUse, "Stream a under account 123456789012 cannot leave the ON_DEMAND mode because there are channels associated with it.")
		r.removeChannel(arn)
		require.NoError(t, remove())
	})
	t.Run("a reset takes channels with their streams", func(t *testing.T) {
		r := open(t).delivers(newBuckets("lake"))
		r.createOnDemand("a")
		arn := r.channel("c", "a")
		removed, err := r.Reset(context.Background(), "", "")
		require.NoError(t, err)
		require.Equal(t, 1, removed)
		require.Equal(t, codeMissing, r.channelStatus(arn))
		r.createOnDemand("a")
		r.restart()
		require.Equal(t, codeMissing, r.channelStatus(arn))
		require.EqualValues(t, 0, *r.summary("a").ChannelCount)
	})
}
