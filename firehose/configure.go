package firehose

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
)

// The hints of a destination that gives none.
const (
	defaultSizeMB  = 5
	defaultSeconds = 300
	// partitionSizeMB is the least with dynamic partitioning.
	partitionSizeMB = 64
	// defaultRetry is how long a partition is retried, in seconds.
	defaultRetry = 300
)

// destinations lists the configurations of a request that are there, by the
// names of their kinds.
func destinations(in *firehose.CreateDeliveryStreamInput) (kinds []string) {
	for kind, given := range map[string]bool{
		"S3":         in.S3DestinationConfiguration != nil,
		"ExtendedS3": in.ExtendedS3DestinationConfiguration != nil,
		"Redshift":   in.RedshiftDestinationConfiguration != nil, "Elasticsearch": in.ElasticsearchDestinationConfiguration != nil,
		"Amazonopensearchservice":    in.AmazonopensearchserviceDestinationConfiguration != nil,
		"AmazonOpenSearchServerless": in.AmazonOpenSearchServerlessDestinationConfiguration != nil,
		"Splunk":                     in.SplunkDestinationConfiguration != nil, "HttpEndpoint": in.HttpEndpointDestinationConfiguration != nil,
		"Snowflake": in.SnowflakeDestinationConfiguration != nil, "Iceberg": in.IcebergDestinationConfiguration != nil,
	} {
		if given {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// configure reads the destination of a new stream.
func configure(in *firehose.CreateDeliveryStreamInput) (destination, error) {
	kinds := destinations(in)
	if len(kinds) != 1 {
		return destination{}, errInvalid("Exactly one destination configuration is supported for a Firehose")
	}
	var d destination
	var err error
	switch kinds[0] {
	case "S3":
		d.S3, err = plainTarget(in.S3DestinationConfiguration)
	case "ExtendedS3":
		d, err = extended(in.ExtendedS3DestinationConfiguration)
	case "HttpEndpoint":
		d, err = httpDestination(in.HttpEndpointDestinationConfiguration)
	default:
		return destination{}, errNotThere("deliver to " + kinds[0])
	}
	if err != nil {
		return destination{}, err
	}
	return d, d.check()
}

// plainTarget reads the configuration of a place in S3.
func plainTarget(c *types.S3DestinationConfiguration) (s3Target, error) {
	t := s3Target{
		Role: aws.ToString(c.RoleARN), Bucket: aws.ToString(c.BucketARN), Prefix: c.Prefix, ErrorPrefix: c.ErrorOutputPrefix,
		SizeMB: defaultSizeMB, Seconds: defaultSeconds, Compression: string(types.CompressionFormatUncompressed),
		Log: readLogging(c.CloudWatchLoggingOptions),
	}
	if c.CompressionFormat != "" {
		t.Compression = string(c.CompressionFormat)
	}
	if e := c.EncryptionConfiguration; e != nil && e.KMSEncryptionConfig != nil {
		t.KMSKey = aws.ToString(e.KMSEncryptionConfig.AWSKMSKeyARN)
	}
	return t, t.hint(c.BufferingHints)
}

// hint takes buffering hints, which come together or not at all.
func (t *s3Target) hint(h *types.BufferingHints) error {
	if h == nil || h.SizeInMBs == nil && h.IntervalInSeconds == nil {
		return nil
	}
	if h.SizeInMBs == nil || h.IntervalInSeconds == nil {
		return errInvalid("Both SizeInMBs and IntervalInSeconds are required to configure buffering")
	}
	t.SizeMB, t.Seconds = *h.SizeInMBs, *h.IntervalInSeconds
	return nil
}

func readLogging(o *types.CloudWatchLoggingOptions) logging {
	if o == nil {
		return logging{}
	}
	return logging{Enabled: aws.ToBool(o.Enabled), Group: o.LogGroupName, Stream: o.LogStreamName}
}

// extended reads the configuration of S3 with all that can happen on the way.
func extended(c *types.ExtendedS3DestinationConfiguration) (d destination, err error) {
	d.S3, err = plainTarget(&types.S3DestinationConfiguration{
		RoleARN: c.RoleARN, BucketARN: c.BucketARN, Prefix: c.Prefix, ErrorOutputPrefix: c.ErrorOutputPrefix, BufferingHints: c.BufferingHints,
		CompressionFormat: c.CompressionFormat, EncryptionConfiguration: c.EncryptionConfiguration, CloudWatchLoggingOptions: c.CloudWatchLoggingOptions,
	})
	if err != nil {
		return destination{}, err
	}
	d.Extension, d.Zone = c.FileExtension, c.CustomTimeZone
	if f := c.DataFormatConversionConfiguration; f != nil {
		d.Conversion = mergeConversion(nil, f)
		if h := c.BufferingHints; d.converts() && (h == nil || h.SizeInMBs == nil) {
			d.S3.SizeMB = conversionSizeMB
		}
	}
	if p := c.DynamicPartitioningConfiguration; p != nil {
		d.Partitioning = &partitioning{Enabled: aws.ToBool(p.Enabled), Seconds: defaultRetry}
		if p.RetryOptions != nil && p.RetryOptions.DurationInSeconds != nil {
			d.Partitioning.Seconds = *p.RetryOptions.DurationInSeconds
		}
	}
	if p := c.ProcessingConfiguration; p != nil {
		if d.Processing, err = readProcessing(p, d.S3.Role); err != nil {
			return destination{}, err
		}
	}
	if c.S3BackupMode == types.S3BackupModeEnabled {
		if c.S3BackupConfiguration == nil {
			return destination{}, errInvalid("S3 backup destination configuration is required when enabling S3 backup.")
		}
		backup, err := plainTarget(c.S3BackupConfiguration)
		if err != nil {
			return destination{}, err
		}
		d.Backup = &backup
	}
	return d, nil
}

// partitioned tells whether dynamic partitioning is on.
func (d *destination) partitioned() bool { return d.Partitioning != nil && d.Partitioning.Enabled }

// check looks at what depends on several members.
func (d *destination) check() error {
	if err := d.checkConversion(); err != nil {
		return err
	}
	if d.partitioned() && d.S3.SizeMB < partitionSizeMB {
		return errInvalid("BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled.")
	}
	if d.partitioned() && d.S3.Seconds == 0 {
		return errInvalid("BufferingHints.IntervalInSeconds must not be 0 when Dynamic Partitioning is enabled.")
	}
	if _, err := compilePrefixes(d.S3.Prefix, d.S3.ErrorPrefix, d.partitioned()); err != nil {
		return err
	}
	if _, err := d.zone(); err != nil {
		return err
	}
	if err := d.checkProcessing(); err != nil {
		return err
	}
	if d.Backup == nil {
		return nil
	}
	if d.Backup.Seconds < 60 {
		return errInvalid("BufferingHints.IntervalInSeconds must be between 60 and 900 for the S3 backup destination.")
	}
	_, err := compilePrefixes(d.Backup.Prefix, d.Backup.ErrorPrefix, false)
	return err
}

// zone is the time zone of keys.
func (d *destination) zone() (*time.Location, error) {
	name := aws.ToString(d.Zone)
	if name == "" || name == "UTC" {
		return time.UTC, nil
	}
	if !strings.Contains(name, "/") {
		return nil, errInvalid("CustomTimeZone " + name + " is not supported.")
	}
	at, err := time.LoadLocation(name)
	if err != nil {
		return nil, errInvalid("CustomTimeZone " + name + " is not supported.")
	}
	return at, nil
}
