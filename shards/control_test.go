package shards

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// What the tests of the control plane share.

const (
	minute = time.Minute

	codeMissing  = "ResourceNotFoundException"
	codeInUse    = "ResourceInUseException"
	codeArgument = "InvalidArgumentException"
	codeLimit    = "LimitExceededException"
	codeInvalid  = "ValidationException"

	textMissing  = "Stream nope under account 123456789012 not found."
	textCreating = "Stream a under account 123456789012 not ACTIVE, instead in state CREATING"
	textUpdating = "Stream a under account 123456789012 not ACTIVE, instead in state UPDATING"
)

// createOnDemand makes an on-demand stream of four shards.
func (r *room) createOnDemand(name string) {
	r.t.Helper()
	_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: &name})
	require.NoError(r.t, err)
}

// commits makes or ends the billing commitment.
func (r *room) commits(status types.MinimumThroughputBillingCommitmentInputStatus) *types.MinimumThroughputBillingCommitmentOutput {
	r.t.Helper()
	out, err := r.UpdateAccountSettings(r.ctx, &kinesis.UpdateAccountSettingsInput{
		MinimumThroughputBillingCommitment: &types.MinimumThroughputBillingCommitmentInput{Status: status}})
	require.NoError(r.t, err)
	return out.MinimumThroughputBillingCommitment
}

// summary is what DescribeStreamSummary says.
func (r *room) summary(name string) *types.StreamDescriptionSummary {
	r.t.Helper()
	out, err := r.DescribeStreamSummary(r.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &name})
	require.NoError(r.t, err)
	return out.StreamDescriptionSummary
}

// register registers a consumer and returns its ARN.
func (r *room) register(stream, name string) string {
	r.t.Helper()
	out, err := r.RegisterStreamConsumer(r.ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: streamARN(stream), ConsumerName: &name})
	require.NoError(r.t, err)
	return aws.ToString(out.Consumer.ConsumerARN)
}

// needsActive holds an operation to what every change of a stream has in
// common: it finds the stream by name, by ARN or by both, and it refuses what
// is not there or not ACTIVE. Options change the Config of its rooms.
func needsActive(t *testing.T, call func(r *room, name, arn *string) error, options ...func(*Config)) {
	t.Helper()
	t.Run("addressing", func(t *testing.T) {
		r := open(t, options...)
		r.create("a", 1)
		requireError(t, call(r, aws.String("nope"), nil), codeMissing, textMissing)
		requireError(t, call(r, nil, streamARN("nope")), codeMissing, textMissing)
		requireError(t, call(r, nil, nil), codeArgument, "Either StreamARN or StreamName should be provided.")
		requireError(t, call(r, aws.String("a"), streamARN("b")), codeArgument, "StreamARN and StreamName do not refer to the same stream.")
		require.NoError(t, call(r, aws.String("a"), streamARN("a")))
	})
	t.Run("only while ACTIVE", func(t *testing.T) {
		r := open(t, append(options, lasting(minute))...)
		r.create("a", 1)
		requireError(t, call(r, aws.String("a"), nil), codeInUse, textCreating)
		r.clock.Step(minute)
		r.updating("a")
		requireError(t, call(r, aws.String("a"), nil), codeInUse, textUpdating)
		r.clock.Step(minute)
		require.NoError(t, call(r, nil, streamARN("a")))
	})
}

// updating puts a stream into UPDATING without another effect.
func (r *room) updating(name string) {
	r.t.Helper()
	_, err := r.EnableEnhancedMonitoring(r.ctx, &kinesis.EnableEnhancedMonitoringInput{
		StreamName: &name, ShardLevelMetrics: []types.MetricsName{types.MetricsNameIncomingBytes}})
	require.NoError(r.t, err)
	require.Equal(r.t, "UPDATING", r.status(name))
}
