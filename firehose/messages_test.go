package firehose

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"
)

type creation = firehose.CreateDeliveryStreamInput
type extendedS3 = types.ExtendedS3DestinationConfiguration

// on edits the extended destination of a request.
func on(edit func(c *extendedS3)) func(*creation) {
	return func(in *creation) { edit(in.ExtendedS3DestinationConfiguration) }
}

// prefixed gives a request a pair of prefixes.
func prefixed(good, failed string) func(*creation) {
	return on(func(c *extendedS3) { c.Prefix, c.ErrorOutputPrefix = aws.String(good), aws.String(failed) })
}

// processed gives a request one processor.
func processed(kind types.ProcessorType, parameters ...string) func(*creation) {
	return on(func(c *extendedS3) {
		c.ProcessingConfiguration = &types.ProcessingConfiguration{Enabled: aws.Bool(true), Processors: []types.Processor{{Type: kind}}}
		for i := 0; i+1 < len(parameters); i += 2 {
			c.ProcessingConfiguration.Processors[0].Parameters = append(c.ProcessingConfiguration.Processors[0].Parameters, types.ProcessorParameter{
				ParameterName: types.ProcessorParameterName(parameters[i]), ParameterValue: aws.String(parameters[i+1])})
		}
	})
}

// function gives a request a Lambda processor.
func function(more ...string) func(*creation) {
	return processed(types.ProcessorTypeLambda, append([]string{"LambdaArn", functionARN}, more...)...)
}

// split gives a request with partitions a processor that takes records apart.
func split(parameters ...string) func(*creation) {
	return func(in *creation) {
		partitioned("{c:.c}")(in.ExtendedS3DestinationConfiguration)
		p := in.ExtendedS3DestinationConfiguration.ProcessingConfiguration.Processors[0]
		processed(types.ProcessorTypeRecordDeAggregation, parameters...)(in)
		c := in.ExtendedS3DestinationConfiguration.ProcessingConfiguration
		c.Processors = append(c.Processors, p)
	}
}

// key gives a request a key of its own.
func key(kind types.KeyType, name *string) func(*creation) {
	return func(in *creation) {
		in.DeliveryStreamEncryptionConfigurationInput = &types.DeliveryStreamEncryptionConfigurationInput{KeyType: kind, KeyARN: name}
	}
}

// refusal is a request that is refused.
type refusal struct {
	row  int // of the table of messages in the reference
	name string
	edit func(*creation)
	text string
}

// prefixRefusals are about where objects go.
func prefixRefusals() []refusal {
	const kind = "e/!{firehose:error-output-type}/"
	return []refusal{
		{11, "expressions without an error prefix", on(func(c *extendedS3) { c.Prefix = aws.String("!{timestamp:yyyy}/") }), "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions"},
		{12, "error prefix without the type", prefixed("a/", "!{timestamp:yyyy}/"), "ErrorOutputPrefix must contain at least one occurrence of !{firehose:error-output-type}"},
		{13, "type in the prefix", prefixed("!{firehose:error-output-type}/", kind), "Prefix must not contain any occurrence of !{firehose:error-output-type}"},
		{14, "key in the error prefix", prefixed("a/", "!{partitionKeyFromQuery:c}/"), "Dynamic Partitioning Namespaces can't be part of an error prefix expression"},
		{15, "key without partitioning", prefixed("!{partitionKeyFromQuery:c}/", kind), "Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled."},
		{16, "partitioning without a key", on(func(c *extendedS3) { partitioned("{c:.c}")(c); c.Prefix = aws.String("a/") }), "S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled"},
		{17, "small buffers with partitions", on(func(c *extendedS3) { partitioned("{c:.c}")(c); c.BufferingHints = hints(63, 60) }), "BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled."},
		{17, "no buffering with partitions", on(func(c *extendedS3) { partitioned("{c:.c}")(c); c.BufferingHints = hints(64, 0) }), "BufferingHints.IntervalInSeconds must not be 0 when Dynamic Partitioning is enabled."},
		{18, "a key that the prefix lacks", on(partitioned("{c:.c,d:.d}")), "MetaDataExtraction JQ Query can't contain keys that are not present in the S3 Prefix expression"},
		{19, "stray opening", prefixed("a!{b", ""), "Invalid expression usage"},
		{20, "unknown value", prefixed("!{firehose:stream}/", kind), "Invalid conversion character used in the value of the expression in Prefix"},
		{20, "bad letter", prefixed("a/", kind+"!{timestamp:j}"), "Invalid conversion character used in the value of the expression in ErrorOutputPrefix"},
		{21, "long prefix", prefixed(strings.Repeat("p", 510)+"!{timestamp:yyyy}", kind), "Length of evaluated prefix cannot be greater than 512"},
		{21, "long error prefix", prefixed("a/", strings.Repeat("p", 510)+kind), "Length of evaluated ErrorOutputPrefix cannot be greater than 512"},
		{25, "backup without configuration", on(func(c *extendedS3) { c.S3BackupMode = types.S3BackupModeEnabled }), "S3 backup destination configuration is required when enabling S3 backup."},
		{26, "hasty backup", on(func(c *extendedS3) {
			c.S3BackupMode = types.S3BackupModeEnabled
			c.S3BackupConfiguration = &types.S3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String(bucket), BufferingHints: hints(5, 59)}
		}), "BufferingHints.IntervalInSeconds must be between 60 and 900 for the S3 backup destination."},
	}
}

// processorRefusals are about what happens to records.
func processorRefusals() []refusal {
	six := on(func(c *extendedS3) {
		c.ProcessingConfiguration = &types.ProcessingConfiguration{Enabled: aws.Bool(true)}
		for range 6 {
			c.ProcessingConfiguration.Processors = append(c.ProcessingConfiguration.Processors, types.Processor{Type: types.ProcessorTypeAppendDelimiterToRecord})
		}
	})
	return []refusal{
		{27, "no processor", on(func(c *extendedS3) {
			c.ProcessingConfiguration = &types.ProcessingConfiguration{Enabled: aws.Bool(true)}
		}), "A maximum of 5 and a minimum of 1 processor needs to be supplied when processing is enabled."},
		{27, "six processors", six, "A maximum of 5 and a minimum of 1 processor needs to be supplied when processing is enabled."},
		{28, "two functions", on(func(c *extendedS3) { c.ProcessingConfiguration = lambda(nil, lambda(nil).Processors...) }), "Cannot have more than 1 Lambda processor."},
		{29, "a parameter twice", function("LambdaArn", "wrong as well"), "Duplicate ProcessorParameter passed to ProcessingConfiguration."},
		{30, "no function", processed(types.ProcessorTypeLambda), "LambdaArn is required when Lambda processor is used."},
		{30, "no ARN of a function", processed(types.ProcessorTypeLambda, "LambdaArn", "change"), "Invalid lambda ARN."},
		{31, "one hint", function("BufferSizeInMBs", "1"), "Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering for lambda processor."},
		{32, "a large buffer", function("BufferSizeInMBs", "3.1", "BufferIntervalInSeconds", "60"), "BufferSizeInMBs for lambda processor must be between 0.2 and 3."},
		{32, "no number", function("BufferSizeInMBs", "NaN", "BufferIntervalInSeconds", "60"), "BufferSizeInMBs for lambda processor must be between 0.2 and 3."},
		{33, "many retries", function("NumberOfRetries", "301"), "Number of retries for lambda must be between 0 and 300."},
		{34, "keys without partitioning", processed(types.ProcessorTypeMetadataExtraction), "class com.amazonaws.services.firehose.internal.model.MetadataExtractionProcessor can only be present when Dynamic Partitioning is enabled."},
		{34, "parts without partitioning", processed(types.ProcessorTypeRecordDeAggregation), "class com.amazonaws.services.firehose.internal.model.RecordDeAggregationProcessor can only be present when Dynamic Partitioning is enabled."},
		{35, "another engine", on(func(c *extendedS3) {
			partitioned("{c:.c}")(c)
			c.ProcessingConfiguration.Processors[0].Parameters[1].ParameterValue = aws.String("JQ-1.7")
		}), "MetaDataExtraction JSON Parsing Engine has to be one of JQ-1.6"},
		{36, "another type of parts", split("SubRecordType", "CSV"), "SubRecordType has to be one of JSON, DELIMITED"},
		{36, "no delimiter", split("SubRecordType", "DELIMITED"), "Delimiter should be present for DELIMITED"},
		{37, "another compression", processed(types.ProcessorTypeDecompression, "CompressionFormat", "ZIP"), "CompressionFormat has to be GZIP"},
		{38, "messages of what is packed", processed(types.ProcessorTypeCloudWatchLogProcessing, "DataMessageExtraction", "true"), "CloudWatchLogProcessingProcessor can only be enabled with DecompressionProcessor"},
		{38, "neither true nor false", processed(types.ProcessorTypeCloudWatchLogProcessing, "DataMessageExtraction", "yes"), "Invalid parameter value for DataMessageExtraction. Allowed values are True and False."},
	}
}

// otherRefusals are about sources, keys, and what is not there.
func otherRefusals() []refusal {
	kind := func(kind types.DeliveryStreamType) func(*creation) {
		return func(in *creation) { in.DeliveryStreamType = kind }
	}
	own := types.KeyTypeCustomerManagedCmk
	return []refusal{
		{4, "no destination", func(in *creation) { in.ExtendedS3DestinationConfiguration = nil }, "Exactly one destination configuration is supported for a Firehose"},
		{4, "two destinations", func(in *creation) { in.SplunkDestinationConfiguration = &types.SplunkDestinationConfiguration{} }, "Exactly one destination configuration is supported for a Firehose"},
		{5, "no Kinesis stream", kind(types.DeliveryStreamTypeKinesisStreamAsSource), "KinesisSourceStreamConfig is mandatory for KinesisStreamAsSource stream type."},
		{6, "no cluster", kind(types.DeliveryStreamTypeMSKAsSource), "MSKSourceConfig is mandatory for MSK as Source stream type."},
		{7, "a database into S3", kind(types.DeliveryStreamTypeDatabaseAsSource), "IcebergDestinationConfiguration must be specified for Database as Source."},
		{5, "a Kinesis stream of direct puts", func(in *creation) {
			in.KinesisStreamSourceConfiguration = &types.KinesisStreamSourceConfiguration{}
		}, "KinesisSourceStreamConfig is only applicable for KinesisStreamAsSource stream type"},
		{6, "a cluster of direct puts", func(in *creation) { in.MSKSourceConfiguration = &types.MSKSourceConfiguration{} }, "MSKSourceConfig is only applicable for MSK as Source stream type."},
		{7, "a database of direct puts", func(in *creation) { in.DatabaseSourceConfiguration = &types.DatabaseSourceConfiguration{} }, "DatabaseSourceConfiguration is only applicable for Database as Source."},
		{8, "encrypted source", func(in *creation) { kind(types.DeliveryStreamTypeMSKAsSource)(in); key("", nil)(in) }, "Server side encryption from firehose is only allowed for direct put delivery streams and database as a source delivery streams"},
		{9, "no key", key(own, nil), "KeyARN has to be specified when KeyType is CUSTOMER_MANAGED_CMK"},
		{9, "a key too many", key(types.KeyTypeAwsOwnedCmk, aws.String("arn:aws:kms:eu-west-1:111111111111:key/k")), "KeyARN cannot be specified when KeyType is AWS_OWNED_CMK"},
		{10, "key of another region", key(own, aws.String("arn:aws:kms:us-east-1:111111111111:key/k")), "Cross-region keys are not allowed for SSE. Please provide CMKs in the same region as firehose"},
	}
}

// What a request is refused with, word for word, by the rows of the reference;
// those about formats are beside the conversion, those about destinations that
// are not there below. Nothing is changed by any.
func TestMessages(t *testing.T) {
	r := newRig(t)
	for _, list := range [][]refusal{prefixRefusals(), processorRefusals(), otherRefusals()} {
		for _, c := range list {
			t.Run(fmt.Sprintf("1.8 row %d %s", c.row, c.name), func(t *testing.T) {
				in := &creation{DeliveryStreamName: aws.String("s"), ExtendedS3DestinationConfiguration: target()}
				c.edit(in)
				_, err := r.CreateDeliveryStream(r.ctx, in)
				requireFault(t, err, "InvalidArgumentException", c.text)
				require.Empty(t, r.all(), "nothing has changed")
			})
		}
	}
	t.Run("1.8 rows 1 to 3", func(t *testing.T) {
		r := newRig(t, lasting(time.Second))
		r.create("s", nil)
		name := aws.String("s")
		_, err := r.CreateDeliveryStream(r.ctx, &creation{DeliveryStreamName: name, ExtendedS3DestinationConfiguration: target()})
		requireFault(t, err, "ResourceInUseException", "Firehose s under accountId 111111111111 already exists")
		_, err = r.DescribeDeliveryStream(r.ctx, &firehose.DescribeDeliveryStreamInput{DeliveryStreamName: aws.String("t")})
		requireFault(t, err, "ResourceNotFoundException", "Firehose t under account 111111111111 not found.")
		_, err = r.DeleteDeliveryStream(r.ctx, &firehose.DeleteDeliveryStreamInput{DeliveryStreamName: name})
		requireFault(t, err, "ResourceInUseException", "Firehose s under account 111111111111 cannot be deleted in CREATING state")
	})
	t.Run("1.8 row 53 quota", func(t *testing.T) {
		requireFault(t, errQuota(2, []string{"a", "b"}), "LimitExceededException", "You have already consumed your firehose quota of 2 hoses. Firehose names: [a b]")
	})
}

// rowOfDestination numbers the test cases of destinations that are refused.
func rowOfDestination(what string) string {
	switch what {
	case "deliver to Amazonopensearchservice":
		return "47 "
	case "deliver to Elasticsearch":
		return "48 "
	case "deliver to Splunk":
		return "49 "
	case "deliver to Redshift":
		return "50 "
	case "deliver to Iceberg":
		return "51 "
	}
	return ""
}

// What is not there is refused when it is asked for, so that nothing is taken
// that would never arrive.
func TestWhatIsNotThere(t *testing.T) {
	plain := &types.S3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String(bucket)}
	secret := &types.SecretsManagerConfiguration{Enabled: aws.Bool(true), SecretARN: aws.String("arn:aws:secretsmanager:eu-west-1:111111111111:secret:s")}
	for want, edit := range map[string]func(*creation){
		"deliver to Redshift": func(in *creation) { in.RedshiftDestinationConfiguration = &types.RedshiftDestinationConfiguration{} },
		"deliver to Elasticsearch": func(in *creation) {
			in.ElasticsearchDestinationConfiguration = &types.ElasticsearchDestinationConfiguration{}
		},
		"deliver to Amazonopensearchservice": func(in *creation) {
			in.AmazonopensearchserviceDestinationConfiguration = &types.AmazonopensearchserviceDestinationConfiguration{}
		},
		"deliver to AmazonOpenSearchServerless": func(in *creation) {
			in.AmazonOpenSearchServerlessDestinationConfiguration = &types.AmazonOpenSearchServerlessDestinationConfiguration{}
		},
		"deliver to Splunk":    func(in *creation) { in.SplunkDestinationConfiguration = &types.SplunkDestinationConfiguration{} },
		"deliver to Snowflake": func(in *creation) { in.SnowflakeDestinationConfiguration = &types.SnowflakeDestinationConfiguration{} },
		"deliver to Iceberg":   func(in *creation) { in.IcebergDestinationConfiguration = &types.IcebergDestinationConfiguration{} },
		"read from a source of type MSKAsSource": func(in *creation) {
			in.DeliveryStreamType, in.MSKSourceConfiguration = types.DeliveryStreamTypeMSKAsSource, &types.MSKSourceConfiguration{}
			in.S3DestinationConfiguration = plain
		},
		"read from a source of type DatabaseAsSource": func(in *creation) {
			in.DeliveryStreamType, in.DatabaseSourceConfiguration = types.DeliveryStreamTypeDatabaseAsSource, &types.DatabaseSourceConfiguration{}
			in.IcebergDestinationConfiguration = &types.IcebergDestinationConfiguration{}
		},
		"take access keys from Secrets Manager": func(in *creation) {
			in.HttpEndpointDestinationConfiguration = &types.HttpEndpointDestinationConfiguration{SecretsManagerConfiguration: secret, S3Configuration: plain,
				EndpointConfiguration: &types.HttpEndpointConfiguration{Url: aws.String("https://example.com")}}
		},
	} {
		t.Run(rowOfDestination(want)+want, func(t *testing.T) {
			r := newRig(t)
			in := &creation{DeliveryStreamName: aws.String("s")}
			edit(in)
			_, err := r.CreateDeliveryStream(r.ctx, in)
			requireFault(t, err, "InvalidArgumentException", "Sluice cannot do this yet: "+want+". docs/firehose.md lists what works.")
			require.Empty(t, r.all(), "nothing has changed")
			r.create("s", nil)
			before := r.known("s").state.Load()
			_, err = r.UpdateDestination(r.ctx, &firehose.UpdateDestinationInput{DeliveryStreamName: aws.String("s"), CurrentDeliveryStreamVersionId: aws.String("1"),
				DestinationId: aws.String(destinationID), SplunkDestinationUpdate: &types.SplunkDestinationUpdate{}})
			require.ErrorContains(t, err, "Sluice cannot do this yet: ")
			require.Same(t, before, r.known("s").state.Load())
		})
	}
}
