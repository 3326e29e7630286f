package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

func TestDescribeStreamSummary(t *testing.T) {
	r := open(t)
	r.create("a", 3)
	describe := func(in kinesis.DescribeStreamSummaryInput) *types.StreamDescriptionSummary {
		out, err := r.DescribeStreamSummary(r.ctx, &in)
		require.NoError(t, err)
		return out.StreamDescriptionSummary
	}
	t.Run("case 72 no StreamId member", func(t *testing.T) {
		require.Nil(t, describe(kinesis.DescribeStreamSummaryInput{StreamName: aws.String("a")}).StreamId)
	})
	t.Run("a new stream", func(t *testing.T) {
		require.Equal(t, &types.StreamDescriptionSummary{
			StreamName:              aws.String("a"),
			StreamARN:               aws.String("arn:aws:kinesis:us-east-1:123456789012:stream/a"),
			StreamStatus:            types.StreamStatusActive,
			StreamModeDetails:       &types.StreamModeDetails{StreamMode: types.StreamModeProvisioned},
			RetentionPeriodHours:    aws.Int32(24),
			StreamCreationTimestamp: aws.Time(testStart()),
			EnhancedMonitoring:      []types.EnhancedMetrics{{ShardLevelMetrics: []types.MetricsName{}}},
			EncryptionType:          types.EncryptionTypeNone,
			OpenShardCount:          aws.Int32(3),
			ConsumerCount:           aws.Int32(0),
			MaxRecordSizeInKiB:      aws.Int32(1024),
		}, describe(kinesis.DescribeStreamSummaryInput{StreamARN: streamARN("a")}))
	})
	t.Run("by name, by ARN, by both", func(t *testing.T) {
		want := describe(kinesis.DescribeStreamSummaryInput{StreamName: aws.String("a")})
		require.Equal(t, want, describe(kinesis.DescribeStreamSummaryInput{StreamName: aws.String("a"), StreamARN: streamARN("a"),
			StreamId: aws.String("ignored")}))
	})
	t.Run("case 11 unknown by ARN shows name and account", func(t *testing.T) {
		_, err := r.DescribeStreamSummary(r.ctx, &kinesis.DescribeStreamSummaryInput{StreamARN: streamARN("b")})
		requireError(t, err, "ResourceNotFoundException", "Stream b under account 123456789012 not found.")
	})
	t.Run("neither, or two different ones", func(t *testing.T) {
		_, err := r.DescribeStreamSummary(r.ctx, &kinesis.DescribeStreamSummaryInput{})
		requireError(t, err, "InvalidArgumentException", "Either StreamARN or StreamName should be provided.")
		_, err = r.DescribeStreamSummary(r.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("b"), StreamARN: streamARN("a")})
		requireError(t, err, "InvalidArgumentException", "StreamARN and StreamName do not refer to the same stream.")
	})
}
