package firehose

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
)

// merge returns the destination with an update in it. Its depth is not the same
// for all members, as measured: hints and logging merge member by member,
// the conversion as deep as it
// goes; encryption and processing are replaced as a whole.
func (d destination) merge(in *firehose.UpdateDestinationInput) (destination, error) {
	var err error
	switch {
	case in.ExtendedS3DestinationUpdate != nil:
		d, err = d.mergeExtended(in.ExtendedS3DestinationUpdate)
	case in.HttpEndpointDestinationUpdate != nil:
		d, err = d.mergeHTTP(in.HttpEndpointDestinationUpdate)
	case in.S3DestinationUpdate != nil && d.HTTP != nil: //nolint:staticcheck // deprecated, and in use
		return d, errNotThere("change the kind of a destination")
	case in.S3DestinationUpdate != nil:
		d.S3, err = d.S3.merge(in.S3DestinationUpdate)
	case in.RedshiftDestinationUpdate != nil, in.ElasticsearchDestinationUpdate != nil, in.AmazonopensearchserviceDestinationUpdate != nil,
		in.AmazonOpenSearchServerlessDestinationUpdate != nil, in.SplunkDestinationUpdate != nil,
		in.SnowflakeDestinationUpdate != nil, in.IcebergDestinationUpdate != nil:
		return d, errNotThere("change the destination to another kind than S3")
	default:
		return d, errInvalid("At least one destination or source configuration update must be provided")
	}
	if err != nil {
		return d, err
	}
	return d, d.check()
}

func (d destination) mergeExtended(u *types.ExtendedS3DestinationUpdate) (destination, error) {
	if d.HTTP != nil {
		return d, errNotThere("change the kind of a destination")
	}
	var err error
	d.S3, err = d.S3.merge(&types.S3DestinationUpdate{
		RoleARN: u.RoleARN, BucketARN: u.BucketARN, Prefix: u.Prefix, ErrorOutputPrefix: u.ErrorOutputPrefix, BufferingHints: u.BufferingHints,
		CompressionFormat: u.CompressionFormat, EncryptionConfiguration: u.EncryptionConfiguration, CloudWatchLoggingOptions: u.CloudWatchLoggingOptions,
	})
	if err != nil {
		return d, err
	}
	if u.FileExtension != nil {
		d.Extension = u.FileExtension
	}
	if u.CustomTimeZone != nil {
		d.Zone = u.CustomTimeZone
	}
	if f := u.DataFormatConversionConfiguration; f != nil {
		d.Conversion = mergeConversion(d.Conversion, f)
	}
	if err := d.mergePartitioning(u.DynamicPartitioningConfiguration); err != nil {
		return d, err
	}
	if p := u.ProcessingConfiguration; p != nil {
		if d, err = d.mergeProcessing(p, d.S3.Role); err != nil {
			return d, err
		}
	}
	return d.mergeBackup(u)
}

// mergeProcessing replaces what is done to records.
func (d destination) mergeProcessing(p *types.ProcessingConfiguration, role string) (destination, error) {
	before := destination{Processing: d.Processing}
	var err error
	if d.Processing, err = readProcessing(p, role); err != nil {
		return d, err
	}
	if p.Enabled == nil && before.Processing != nil {
		d.Processing.Enabled = before.Processing.Enabled
	}
	if d.find(decompression) != nil && before.find(decompression) == nil && before.find(lambdaTransform) == nil {
		return d, errInvalid("Enabling source decompression is not supported for existing stream with no Lambda function attached.")
	}
	return d, nil
}

// mergePartitioning changes how long partitions are retried. Switching dynamic
// partitioning is possible at creation only.
func (d *destination) mergePartitioning(u *types.DynamicPartitioningConfiguration) error {
	if u == nil {
		return nil
	}
	if on := aws.ToBool(u.Enabled); u.Enabled != nil && on != d.partitioned() {
		if on {
			return errInvalid("Dynamic partitioning can only be enabled when the delivery stream is created.")
		}
		return errInvalid("Dynamic partitioning cannot be disabled once it is enabled.")
	}
	if d.Partitioning != nil && u.RetryOptions != nil && u.RetryOptions.DurationInSeconds != nil {
		changed := *d.Partitioning
		changed.Seconds = *u.RetryOptions.DurationInSeconds
		d.Partitioning = &changed
	}
	return nil
}

// mergeBackup switches the backup on, never off.
func (d destination) mergeBackup(u *types.ExtendedS3DestinationUpdate) (destination, error) {
	var err error
	switch {
	case u.S3BackupMode == types.S3BackupModeDisabled && d.Backup != nil:
		return d, errInvalid("Disabling S3 backup is not currently supported.")
	case d.Backup == nil && u.S3BackupMode == types.S3BackupModeEnabled:
		if u.S3BackupUpdate == nil || u.S3BackupUpdate.BucketARN == nil || u.S3BackupUpdate.RoleARN == nil {
			return d, errInvalid("S3 backup destination configuration is required when enabling S3 backup.")
		}
		d.Backup = &s3Target{SizeMB: defaultSizeMB, Seconds: defaultSeconds, Compression: string(types.CompressionFormatUncompressed)}
	case d.Backup == nil || u.S3BackupUpdate == nil:
		return d, nil
	}
	if u.S3BackupUpdate == nil {
		return d, nil
	}
	merged, err := d.Backup.merge(u.S3BackupUpdate)
	d.Backup = &merged
	return d, err
}

// merge returns the place with an update in it.
func (t s3Target) merge(u *types.S3DestinationUpdate) (s3Target, error) {
	if u.RoleARN != nil {
		t.Role = *u.RoleARN
	}
	if u.BucketARN != nil {
		t.Bucket = *u.BucketARN
	}
	if u.Prefix != nil {
		t.Prefix = u.Prefix
	}
	if u.ErrorOutputPrefix != nil {
		t.ErrorPrefix = u.ErrorOutputPrefix
	}
	if h := u.BufferingHints; h != nil {
		if h.SizeInMBs != nil {
			t.SizeMB = *h.SizeInMBs
		}
		if h.IntervalInSeconds != nil {
			t.Seconds = *h.IntervalInSeconds
		}
	}
	if u.CompressionFormat != "" {
		t.Compression = string(u.CompressionFormat)
	}
	if e := u.EncryptionConfiguration; e != nil {
		t.KMSKey = ""
		if e.KMSEncryptionConfig != nil {
			t.KMSKey = aws.ToString(e.KMSEncryptionConfig.AWSKMSKeyARN)
		}
	}
	t.Log.merge(u.CloudWatchLoggingOptions)
	return t, nil
}

// merge takes what an update gives.
func (l *logging) merge(o *types.CloudWatchLoggingOptions) {
	if o == nil {
		return
	}
	if o.Enabled != nil {
		l.Enabled = *o.Enabled
	}
	if o.LogGroupName != nil {
		l.Group = o.LogGroupName
	}
	if o.LogStreamName != nil {
		l.Stream = o.LogStreamName
	}
}
