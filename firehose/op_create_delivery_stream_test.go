package firehose

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"
)

func lasting(d time.Duration) func(*rig) { return func(r *rig) { r.after = d } }

func target() *types.ExtendedS3DestinationConfiguration {
	return &types.ExtendedS3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String(bucket)}
}

func TestCreateDeliveryStream(t *testing.T) {
	t.Run("1 CREATING takes no records", func(t *testing.T) {
		r := newRig(t, lasting(100*time.Millisecond))
		out, err := r.CreateDeliveryStream(r.ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("s"), ExtendedS3DestinationConfiguration: target()})
		require.NoError(t, err)
		require.Equal(t, "arn:aws:firehose:eu-west-1:111111111111:deliverystream/s", *out.DeliveryStreamARN)
		put := &firehose.PutRecordInput{DeliveryStreamName: aws.String("s"), Record: &types.Record{Data: []byte("x")}}
		_, err = r.PutRecord(r.ctx, put)
		requireFault(t, err, "ResourceNotFoundException", "Firehose s is not active in 111111111111 account.")
		_, err = r.DeleteDeliveryStream(r.ctx, &firehose.DeleteDeliveryStreamInput{DeliveryStreamName: aws.String("s")})
		requireFault(t, err, "ResourceInUseException", "Firehose s under account 111111111111 cannot be deleted in CREATING state")
		r.clock.Step(100 * time.Millisecond)
		_, err = r.PutRecord(r.ctx, put)
		require.NoError(t, err)
	})
	for _, c := range []struct {
		name string
		edit func(in *firehose.CreateDeliveryStreamInput)
		text string
	}{
		{"2 no destination", func(in *firehose.CreateDeliveryStreamInput) { in.ExtendedS3DestinationConfiguration = nil },
			"Exactly one destination configuration is supported for a Firehose"},
		{"2 two destinations", func(in *firehose.CreateDeliveryStreamInput) {
			in.S3DestinationConfiguration = &types.S3DestinationConfiguration{}
		}, "Exactly one destination configuration is supported for a Firehose"},
		{"another destination", func(in *firehose.CreateDeliveryStreamInput) {
			in.ExtendedS3DestinationConfiguration, in.SplunkDestinationConfiguration = nil, &types.SplunkDestinationConfiguration{}
		}, "Sluice cannot do this yet: deliver to Splunk. docs/firehose.md lists what works."},
		{"Kinesis type without source", func(in *firehose.CreateDeliveryStreamInput) {
			in.DeliveryStreamType = types.DeliveryStreamTypeKinesisStreamAsSource
		}, "KinesisSourceStreamConfig is mandatory for KinesisStreamAsSource stream type."},
		{"direct puts with a Kinesis source", func(in *firehose.CreateDeliveryStreamInput) {
			in.KinesisStreamSourceConfiguration = &types.KinesisStreamSourceConfiguration{}
		}, "KinesisSourceStreamConfig is only applicable for KinesisStreamAsSource stream type"},
		{"MSK type without source", func(in *firehose.CreateDeliveryStreamInput) {
			in.DeliveryStreamType = types.DeliveryStreamTypeMSKAsSource
		}, "MSKSourceConfig is mandatory for MSK as Source stream type."},
		{"encryption of another source", func(in *firehose.CreateDeliveryStreamInput) {
			in.DeliveryStreamType = types.DeliveryStreamTypeMSKAsSource
			in.DeliveryStreamEncryptionConfigurationInput = &types.DeliveryStreamEncryptionConfigurationInput{}
		}, "Server side encryption from firehose is only allowed for direct put delivery streams and database as a source delivery streams"},
		{"own key without ARN", func(in *firehose.CreateDeliveryStreamInput) {
			in.DeliveryStreamEncryptionConfigurationInput = &types.DeliveryStreamEncryptionConfigurationInput{KeyType: types.KeyTypeCustomerManagedCmk}
		}, "KeyARN has to be specified when KeyType is CUSTOMER_MANAGED_CMK"},
		{"35 small buffers with partitions", func(in *firehose.CreateDeliveryStreamInput) {
			partitioned("{c:.c}")(in.ExtendedS3DestinationConfiguration)
			in.ExtendedS3DestinationConfiguration.BufferingHints = hints(5, 60)
		}, "BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled."},
		{"35 a key that the prefix does not use", func(in *firehose.CreateDeliveryStreamInput) {
			partitioned("{c:.c, d:.d}")(in.ExtendedS3DestinationConfiguration)
		}, "MetaDataExtraction JQ Query can't contain keys that are not present in the S3 Prefix expression"},
		{"a query that is no object", func(in *firehose.CreateDeliveryStreamInput) {
			partitioned(".c")(in.ExtendedS3DestinationConfiguration)
		}, "Invalid MetadataExtraction JQ query: it has to be an object of keys and values"},
		{"backup without configuration", func(in *firehose.CreateDeliveryStreamInput) {
			in.ExtendedS3DestinationConfiguration.S3BackupMode = types.S3BackupModeEnabled
		}, "S3 backup destination configuration is required when enabling S3 backup."},
		{"processing without processors", func(in *firehose.CreateDeliveryStreamInput) {
			in.ExtendedS3DestinationConfiguration.ProcessingConfiguration = &types.ProcessingConfiguration{Enabled: aws.Bool(true)}
		}, "A maximum of 5 and a minimum of 1 processor needs to be supplied when processing is enabled."},
		{"conversion of nothing", func(in *firehose.CreateDeliveryStreamInput) {
			in.ExtendedS3DestinationConfiguration.DataFormatConversionConfiguration = &types.DataFormatConversionConfiguration{}
		}, "InputFormatConfiguration must not be null"},
		{"a Lambda processor", func(in *firehose.CreateDeliveryStreamInput) {
			in.ExtendedS3DestinationConfiguration.ProcessingConfiguration = &types.ProcessingConfiguration{Enabled: aws.Bool(true),
				Processors: []types.Processor{{Type: types.ProcessorTypeLambda}}}
		}, "LambdaArn is required when Lambda processor is used."},
		{"a zone that is none", func(in *firehose.CreateDeliveryStreamInput) {
			in.ExtendedS3DestinationConfiguration.CustomTimeZone = aws.String("Mars/Base")
		}, "CustomTimeZone Mars/Base is not supported."},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			in := &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("s"), ExtendedS3DestinationConfiguration: target()}
			c.edit(in)
			_, err := r.CreateDeliveryStream(r.ctx, in)
			requireFault(t, err, "InvalidArgumentException", c.text)
			require.Empty(t, r.all(), "nothing has changed")
		})
	}
	t.Run("a name twice", func(t *testing.T) {
		r := newRig(t)
		r.create("s", nil)
		_, err := r.CreateDeliveryStream(r.ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("s"), ExtendedS3DestinationConfiguration: target()})
		requireFault(t, err, "ResourceInUseException", "Firehose s under accountId 111111111111 already exists")
	})
}
