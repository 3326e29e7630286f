package firehose

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"
)

func (r *rig) describe(name string) *types.DeliveryStreamDescription {
	r.t.Helper()
	out, err := r.DescribeDeliveryStream(r.ctx, &firehose.DescribeDeliveryStreamInput{DeliveryStreamName: &name})
	require.NoError(r.t, err)
	return out.DeliveryStreamDescription
}

func TestDescribeDeliveryStream(t *testing.T) {
	r := newRig(t)
	_, err := r.CreateDeliveryStream(r.ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("plain"),
		S3DestinationConfiguration: &types.S3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String(bucket)}})
	require.NoError(t, err)
	d := r.describe("plain")
	plain := &types.S3DestinationDescription{
		RoleARN: aws.String(role), BucketARN: aws.String(bucket), BufferingHints: hints(5, 300), CompressionFormat: types.CompressionFormatUncompressed,
		EncryptionConfiguration:  &types.EncryptionConfiguration{NoEncryptionConfig: types.NoEncryptionConfigNoEncryption},
		CloudWatchLoggingOptions: &types.CloudWatchLoggingOptions{Enabled: aws.Bool(false)},
	}
	require.Equal(t, &types.DeliveryStreamDescription{
		DeliveryStreamName: aws.String("plain"), DeliveryStreamARN: aws.String("arn:aws:firehose:eu-west-1:111111111111:deliverystream/plain"),
		DeliveryStreamStatus: types.DeliveryStreamStatusActive, DeliveryStreamType: types.DeliveryStreamTypeDirectPut,
		CreateTimestamp: aws.Time(noon), VersionId: aws.String("1"), HasMoreDestinations: aws.Bool(false),
		DeliveryStreamEncryptionConfiguration: &types.DeliveryStreamEncryptionConfiguration{Status: types.DeliveryStreamEncryptionStatusDisabled},
		Destinations: []types.DestinationDescription{{
			DestinationId: aws.String("destinationId-000000000001"), S3DestinationDescription: plain,
			ExtendedS3DestinationDescription: &types.ExtendedS3DestinationDescription{
				RoleARN: plain.RoleARN, BucketARN: plain.BucketARN, BufferingHints: plain.BufferingHints, CompressionFormat: plain.CompressionFormat,
				EncryptionConfiguration: plain.EncryptionConfiguration, CloudWatchLoggingOptions: plain.CloudWatchLoggingOptions,
				S3BackupMode: types.S3BackupModeDisabled,
			},
		}},
	}, d, "4 both views")

	t.Run("9 processing without Enabled", func(t *testing.T) {
		r.create("p", func(c *types.ExtendedS3DestinationConfiguration) {
			c.ProcessingConfiguration = &types.ProcessingConfiguration{Processors: []types.Processor{{Type: types.ProcessorTypeAppendDelimiterToRecord,
				Parameters: []types.ProcessorParameter{{ParameterName: types.ProcessorParameterNameDelimiter, ParameterValue: aws.String("\\n")}}}}}
		})
		got := r.describe("p").Destinations[0].ExtendedS3DestinationDescription.ProcessingConfiguration
		require.False(t, *got.Enabled)
		require.Empty(t, got.Processors[0].Parameters)
	})
	t.Run("partitioning shows its retries", func(t *testing.T) {
		r.create("dp", partitioned("{c:.c}"))
		d := r.describe("dp").Destinations[0]
		require.EqualValues(t, 300, *d.ExtendedS3DestinationDescription.DynamicPartitioningConfiguration.RetryOptions.DurationInSeconds)
	})
	_, err = r.DescribeDeliveryStream(r.ctx, &firehose.DescribeDeliveryStreamInput{DeliveryStreamName: aws.String("none")})
	requireFault(t, err, "ResourceNotFoundException", "Firehose none under account 111111111111 not found.")
}
