package shards

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// fresher asks for another freshness.
func (r *room) fresher(arn *string, seconds int32) (*types.ChannelDescription, error) {
	out, err := r.UpdateChannel(r.ctx, &kinesis.UpdateChannelInput{ChannelARN: arn,
		S3DestinationConfiguration: &types.S3DestinationUpdateInput{DataFreshnessInSeconds: &seconds}})
	if err != nil {
		return nil, err
	}
	return out.ChannelDescription, nil
}

func TestUpdateChannel(t *testing.T) {
	t.Run("addressing", func(t *testing.T) {
		channelAddressing(t, func(r *room, arn *string) error {
			_, err := r.fresher(arn, 300)
			return err
		})
	})
	t.Run("UPDATING, then ACTIVE, delivering all the while", func(t *testing.T) {
		b := newBuckets("lake")
		r := open(t, lasting(10*minute)).delivers(b)
		r.createOnDemand("a")
		r.clock.Step(10 * minute)
		arn := r.channel("c", "a")
		requireErrorOf := func(_ any, err error) error { return err }
		requireError(t, requireErrorOf(r.fresher(&arn, 900)), codeInUse, "Channel c under account 123456789012 not ACTIVE, instead in state CREATING")
		r.clock.Step(10 * minute)
		d, err := r.fresher(&arn, 900)
		require.NoError(t, err)
		require.Equal(t, types.ChannelStatusUpdating, d.ChannelStatus)
		require.EqualValues(t, 900, *d.S3DestinationConfiguration.DataFreshnessInSeconds)
		require.Equal(t, d, r.describeChannel(arn))
		requireError(t, requireErrorOf(r.fresher(&arn, 300)), codeInUse, "Channel c under account 123456789012 not ACTIVE, instead in state UPDATING")
		r.say("a", "1")
		r.clock.Step(900*time.Second - 1)
		require.Empty(t, b.in("lake"))
		require.Equal(t, "ACTIVE", r.channelStatus(arn))
		r.clock.Step(1)
		require.Equal(t, "1\n", b.text("lake"))
	})
	t.Run("what waits is delivered sooner", func(t *testing.T) {
		b := newBuckets("lake")
		r := open(t).delivers(b)
		r.createOnDemand("a")
		arn := r.channel("c", "a", func(in *kinesis.CreateChannelInput) {
			in.S3DestinationConfiguration.DataFreshnessInSeconds = aws.Int32(900)
		})
		r.say("a", "1")
		r.clock.Step(minute)
		_, err := r.fresher(&arn, 300)
		require.NoError(t, err)
		r.clock.Step(4*minute - 1)
		require.Empty(t, b.in("lake"))
		r.clock.Step(1)
		require.Equal(t, "1\n", b.text("lake"))
	})
	t.Run("logging, kept over a restart", func(t *testing.T) {
		r := open(t).delivers(newBuckets("lake"))
		r.createOnDemand("a")
		arn := r.channel("c", "a")
		_, err := r.UpdateChannel(r.ctx, &kinesis.UpdateChannelInput{ChannelARN: &arn, LoggingConfiguration: &types.ChannelLoggingUpdateInput{
			CloudWatchLogs: &types.CloudWatchLogsUpdateInput{Enabled: aws.Bool(true), LogGroupName: aws.String("g")}}})
		require.NoError(t, err)
		r.restart()
		require.Equal(t, &types.CloudWatchLogs{Enabled: aws.Bool(true), LogGroupName: aws.String("g"), LogStreamName: aws.String("DestinationDelivery")},
			r.describeChannel(arn).LoggingConfiguration.CloudWatchLogs)
		require.EqualValues(t, 300, *r.describeChannel(arn).S3DestinationConfiguration.DataFreshnessInSeconds)
	})
	t.Run("refusals", func(t *testing.T) {
		r := open(t).delivers(newBuckets("lake"))
		r.createOnDemand("a")
		arn := r.channel("c", "a")
		_, err := r.UpdateChannel(r.ctx, &kinesis.UpdateChannelInput{ChannelARN: &arn})
		requireError(t, err, codeArgument, "At least one of S3DestinationConfiguration and LoggingConfiguration must be specified.")
		_, err = r.fresher(&arn, 10)
		requireError(t, err, codeArgument, "DataFreshnessInSeconds must be between 300 and 900. Requested value: 10.")
		_, err = r.UpdateChannel(r.ctx, &kinesis.UpdateChannelInput{ChannelARN: &arn, S3TablesDestinationConfiguration: &types.S3TablesDestinationUpdateInput{DataFreshnessInSeconds: aws.Int32(300)}})
		requireError(t, err, codeArgument, "UpdateChannel with an S3TablesDestinationConfiguration is not available: Sluice delivers channels to S3 buckets, not to S3 Tables. Nothing was changed.")
		_, err = r.UpdateChannel(r.ctx, &kinesis.UpdateChannelInput{ChannelARN: &arn, S3DestinationConfiguration: &types.S3DestinationUpdateInput{}})
		requireError(t, err, codeInvalid, "1 validation error detected: Value null at 's3DestinationConfiguration.dataFreshnessInSeconds' failed to satisfy constraint: Member must not be null")
	})
}
