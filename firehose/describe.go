package firehose

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
)

// destinationID is that of the only destination a stream has.
const destinationID = "destinationId-000000000001"

// describe shows a stream as DescribeDeliveryStream does.
func describe(k streamKey, st *streamState) *types.DeliveryStreamDescription {
	d := &types.DeliveryStreamDescription{
		DeliveryStreamName: aws.String(k.name), DeliveryStreamARN: aws.String(k.arn()),
		DeliveryStreamStatus: types.DeliveryStreamStatus(st.Status), DeliveryStreamType: types.DeliveryStreamType(st.Type),
		CreateTimestamp: aws.Time(fromMillis(st.Created)), VersionId: aws.String(strconv.FormatInt(st.Version, 10)),
		HasMoreDestinations: aws.Bool(false),
		Destinations:        []types.DestinationDescription{st.Destination.describe()},
	}
	if st.Updated != 0 {
		d.LastUpdateTimestamp = aws.Time(fromMillis(st.Updated))
	}
	if st.Type == directPut {
		d.DeliveryStreamEncryptionConfiguration = st.Encryption.describe()
	}
	if st.Source != nil {
		d.Source = &types.SourceDescription{KinesisStreamSourceDescription: &types.KinesisStreamSourceDescription{
			KinesisStreamARN: aws.String(st.Source.ARN), RoleARN: aws.String(st.Source.Role), DeliveryStartTimestamp: aws.Time(fromMillis(st.Created))}}
	}
	if st.Hint != 0 {
		d.Source = &types.SourceDescription{DirectPutSourceDescription: &types.DirectPutSourceDescription{ThroughputHintInMBs: aws.Int32(st.Hint)}}
	}
	return d
}

func (e *encryption) describe() *types.DeliveryStreamEncryptionConfiguration {
	status := types.DeliveryStreamEncryptionStatusDisabled
	switch {
	case e.Enabled && e.Changing != 0:
		status = types.DeliveryStreamEncryptionStatusEnabling
	case e.Enabled:
		status = types.DeliveryStreamEncryptionStatusEnabled
	case e.Changing != 0:
		status = types.DeliveryStreamEncryptionStatusDisabling
	}
	out := &types.DeliveryStreamEncryptionConfiguration{Status: status}
	if e.Enabled {
		out.KeyType = types.KeyType(e.KeyType)
		if e.KeyARN != "" {
			out.KeyARN = aws.String(e.KeyARN)
		}
	}
	return out
}

// describe shows a destination in its two views. What only the extended one
// has does not appear in the plain one.
func (d *destination) describe() types.DestinationDescription {
	if d.HTTP != nil {
		return types.DestinationDescription{DestinationId: aws.String(destinationID), HttpEndpointDestinationDescription: d.HTTP.describe(d)}
	}
	plain := d.S3.describe()
	full := &types.ExtendedS3DestinationDescription{
		RoleARN: plain.RoleARN, BucketARN: plain.BucketARN, Prefix: plain.Prefix, ErrorOutputPrefix: plain.ErrorOutputPrefix,
		BufferingHints: plain.BufferingHints, CompressionFormat: plain.CompressionFormat, EncryptionConfiguration: plain.EncryptionConfiguration,
		CloudWatchLoggingOptions: plain.CloudWatchLoggingOptions,
		S3BackupMode:             types.S3BackupModeDisabled, FileExtension: d.Extension, CustomTimeZone: d.Zone,
	}
	if d.Backup != nil {
		full.S3BackupMode, full.S3BackupDescription = types.S3BackupModeEnabled, d.Backup.describe()
	}
	if p := d.Partitioning; p != nil {
		full.DynamicPartitioningConfiguration = &types.DynamicPartitioningConfiguration{
			Enabled: aws.Bool(p.Enabled), RetryOptions: &types.RetryOptions{DurationInSeconds: aws.Int32(p.Seconds)},
		}
	}
	full.DataFormatConversionConfiguration = d.Conversion.describe()
	if d.Processing != nil {
		full.ProcessingConfiguration = d.Processing.describe()
	}
	return types.DestinationDescription{DestinationId: aws.String(destinationID),
		S3DestinationDescription: plain, ExtendedS3DestinationDescription: full}
}

func (t *s3Target) describe() *types.S3DestinationDescription {
	key := &types.EncryptionConfiguration{NoEncryptionConfig: types.NoEncryptionConfigNoEncryption}
	if t.KMSKey != "" {
		key = &types.EncryptionConfiguration{KMSEncryptionConfig: &types.KMSEncryptionConfig{AWSKMSKeyARN: aws.String(t.KMSKey)}}
	}
	return &types.S3DestinationDescription{
		RoleARN: aws.String(t.Role), BucketARN: aws.String(t.Bucket), Prefix: t.Prefix, ErrorOutputPrefix: t.ErrorPrefix,
		BufferingHints:    &types.BufferingHints{SizeInMBs: aws.Int32(t.SizeMB), IntervalInSeconds: aws.Int32(t.Seconds)},
		CompressionFormat: types.CompressionFormat(t.Compression), EncryptionConfiguration: key,
		CloudWatchLoggingOptions: t.Log.describe(),
	}
}

func (l *logging) describe() *types.CloudWatchLoggingOptions {
	return &types.CloudWatchLoggingOptions{Enabled: aws.Bool(l.Enabled), LogGroupName: l.Group, LogStreamName: l.Stream}
}

func (p *processing) describe() *types.ProcessingConfiguration {
	out := &types.ProcessingConfiguration{Enabled: aws.Bool(p.Enabled), Processors: []types.Processor{}}
	for _, one := range p.Processors {
		shown := types.Processor{Type: types.ProcessorType(one.Type), Parameters: []types.ProcessorParameter{}}
		for _, q := range one.Parameters {
			shown.Parameters = append(shown.Parameters, types.ProcessorParameter{
				ParameterName: types.ProcessorParameterName(q.Name), ParameterValue: aws.String(q.Value)})
		}
		out.Processors = append(out.Processors, shown)
	}
	return out
}
