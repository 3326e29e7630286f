package shards

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

// tryChannel asks for a channel and returns the refusal.
func (r *room) tryChannel(name, stream string, options ...func(*kinesis.CreateChannelInput)) error {
	in := channelInput(name, stream)
	for _, o := range options {
		o(in)
	}
	_, err := r.CreateChannel(r.ctx, in)
	return err
}

func TestCreateChannel(t *testing.T) {
	t.Run("CREATING, then ACTIVE, with everything filled in", func(t *testing.T) {
		r := open(t, lasting(minute)).delivers(newBuckets("lake"))
		r.createOnDemand("a")
		r.clock.Step(minute)
		in := channelInput("c", "a")
		in.Tags = map[string]string{"k": "v"}
		in.LoggingConfiguration = &types.ChannelLoggingConfiguration{CloudWatchLogs: &types.CloudWatchLogs{Enabled: aws.Bool(true)}}
		in.EncryptionConfiguration = &types.ChannelEncryptionConfiguration{EncryptionType: types.ChannelEncryptionTypeKms, KeyId: aws.String("arn:aws:kms:us-east-1:123456789012:key/1")}
		out, err := r.CreateChannel(r.ctx, in)
		require.NoError(t, err)
		got := out.ChannelDescription
		id := *got.ChannelId
		require.Regexp(t, "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", id)
		bucket := aws.String("arn:aws:s3:::lake")
		want := &types.ChannelDescription{
			ChannelName: aws.String("c"), ChannelId: &id, ChannelARN: aws.String("arn:aws:kinesis:us-east-1:123456789012:channel/" + id),
			ChannelStatus: types.ChannelStatusCreating, ChannelCreationTimestamp: aws.Time(testStart().Add(minute)),
			ServiceExecutionRoleARN: aws.String("arn:aws:iam::123456789012:role/delivery"),
			StreamConfigurationList: []types.ChannelStreamDescription{{
				StreamARN: streamARN("a"), StreamCreationTimestamp: aws.Time(testStart()),
				RecordConfiguration: &types.RecordConfiguration{RecordFormatType: types.RecordFormatTypeString}}},
			LoggingConfiguration: &types.ChannelLoggingConfiguration{CloudWatchLogs: &types.CloudWatchLogs{
				Enabled: aws.Bool(true), LogGroupName: aws.String("/aws/kinesis/c/" + id), LogStreamName: aws.String("DestinationDelivery")}},
			EncryptionConfiguration: in.EncryptionConfiguration,
			S3DestinationConfiguration: &types.S3DestinationDescription{
				DataFreshnessInSeconds: aws.Int32(300),
				DeadLetterQueueS3Configuration: &types.DeadLetterQueueS3Configuration{
					BucketARN: bucket, ExpectedBucketOwner: aws.String(testAccount), ErrorOutputPrefix: aws.String("kinesis-channel/errors/c/" + id + "/")},
				StorageConfiguration: &types.S3StorageConfiguration{
					BucketARN: bucket, ExpectedBucketOwner: aws.String(testAccount), CompressionType: types.S3CompressionTypeNone,
					StorageClass:      types.S3StorageClassStandard,
					OutputKeyTemplate: aws.String("kinesis-channel/!{channel-name}/!{channel-id}/!{yyyy}/!{MM}/!{dd}/!{HH}/!{channel-name}-!{channel-id}-!{yyyy}-!{MM}-!{dd}-!{HH}-!{mm}!{extension}")},
			},
		}
		require.Equal(t, want, got)
		require.Equal(t, "CREATING", r.channelStatus(*got.ChannelARN))
		r.clock.Step(minute)
		want.ChannelStatus = types.ChannelStatusActive
		require.Equal(t, want, r.describeChannel(*got.ChannelARN))
		require.Equal(t, []string{"k=v"}, r.tagsOf(*got.ChannelARN))
		r.restart()
		require.Equal(t, want, r.describeChannel(*got.ChannelARN))
	})
	t.Run("the answer is CREATING also when changes take no time", func(t *testing.T) {
		r := open(t).delivers(newBuckets("lake"))
		r.createOnDemand("a")
		out, err := r.CreateChannel(r.ctx, channelInput("c", "a"))
		require.NoError(t, err)
		require.Equal(t, types.ChannelStatusCreating, out.ChannelDescription.ChannelStatus)
		require.Equal(t, "ACTIVE", r.channelStatus(*out.ChannelDescription.ChannelARN))
		require.False(t, *out.ChannelDescription.LoggingConfiguration.CloudWatchLogs.Enabled)
		require.Nil(t, out.ChannelDescription.EncryptionConfiguration)
	})
	t.Run("FAILED without its buckets", func(t *testing.T) {
		b := newBuckets("lake")
		r := open(t).delivers(b)
		b.set("lake", "999999999999")
		r.createOnDemand("a")
		arn := r.channel("c", "a")
		require.Equal(t, types.ChannelStatusFailed, r.describeChannel(arn).ChannelStatus)
		require.Equal(t, "The bucket lake is not owned by account 123456789012.", *r.describeChannel(arn).ChannelStatusReason)
		r.say("a", "1")
		r.clock.Step(24 * time.Hour)
		b.set("lake", testAccount)
		r.clock.Step(24 * time.Hour)
		require.Empty(t, b.in("lake"), "FAILED is for good")
		requireError(t, r.tryChannel("d", "a"), codeLimit, "Stream a under account 123456789012 cannot have more than 1 channel with an S3 destination.")
		r.removeChannel(arn)
		arn = r.channel("c", "a", func(in *kinesis.CreateChannelInput) {
			in.S3DestinationConfiguration.DeadLetterQueueS3Configuration = &types.DeadLetterQueueS3Configuration{
				BucketARN: aws.String("arn:aws:s3:::none"), ExpectedBucketOwner: aws.String(testAccount)}
		})
		require.Equal(t, "The bucket none does not exist.", *r.describeChannel(arn).ChannelStatusReason)
	})
	t.Run("names and streams are taken once", func(t *testing.T) {
		r := open(t, lasting(minute)).delivers(newBuckets("lake"))
		r.createOnDemand("a")
		r.createOnDemand("b")
		r.clock.Step(minute)
		arn := r.channel("c", "a")
		requireError(t, r.tryChannel("c", "b"), codeInUse, "Channel c under account 123456789012 already exists.")
		requireError(t, r.tryChannel("d", "a"), codeLimit, "Stream a under account 123456789012 cannot have more than 1 channel with an S3 destination.")
		r.channel("d", "b")
		r.removeChannel(arn)
		requireError(t, r.tryChannel("e", "a"), codeLimit, "Stream a under account 123456789012 cannot have more than 1 channel with an S3 destination.")
		r.clock.Step(minute)
		require.NotEqual(t, arn, r.channel("c", "a"), "another id")
	})
	t.Run("the stream", func(t *testing.T) {
		r := open(t, lasting(minute)).delivers(newBuckets("lake"))
		requireError(t, r.tryChannel("c", "nope"), codeMissing, textMissing)
		r.createOnDemand("a")
		requireError(t, r.tryChannel("c", "a"), codeInUse, textCreating)
		r.clock.Step(minute)
		other := caller.With(r.ctx, caller.Caller{Account: "210987654321", Region: testRegion})
		_, err := r.CreateChannel(other, channelInput("c", "a"))
		requireError(t, err, codeMissing, "Stream a under account 123456789012 not found.")
		_, err = r.StartStreamEncryption(r.ctx, &kinesis.StartStreamEncryptionInput{StreamName: aws.String("a"), EncryptionType: types.EncryptionTypeKms, KeyId: aws.String("alias/aws/kinesis")})
		require.NoError(t, err)
		r.clock.Step(minute)
		requireError(t, r.tryChannel("c", "a"), codeArgument, "Stream a under account 123456789012 is encrypted with the key alias/aws/kinesis, which channels do not support. Use a customer managed key.")
	})
	t.Run("case 83 CreateChannel on a provisioned stream", func(t *testing.T) {
		r := open(t).delivers(newBuckets("lake"))
		r.create("a", 1)
		requireError(t, r.tryChannel("c", "a"), codeInvalid, "Request is invalid. Stream a under account 123456789012 is in Provisioned mode.")
	})
	t.Run("nothing that was refused is there", func(t *testing.T) {
		r := open(t).delivers(newBuckets("lake"))
		r.createOnDemand("a")
		require.Error(t, r.tryChannel("c", "a", keyed("/x")))
		require.EqualValues(t, 0, *r.summary("a").ChannelCount)
		r.channel("c", "a")
		require.EqualValues(t, 1, *r.summary("a").ChannelCount)
	})
}

func TestChannelArguments(t *testing.T) {
	r := open(t).delivers(newBuckets("lake"))
	r.createOnDemand("a")
	for name, c := range map[string]struct {
		change func(*kinesis.CreateChannelInput)
		code   string
		text   string
	}{
		"no destination": {func(in *kinesis.CreateChannelInput) { in.S3DestinationConfiguration = nil }, codeArgument,
			"Exactly one of S3DestinationConfiguration and S3TablesDestinationConfiguration must be specified."},
		"two destinations": {func(in *kinesis.CreateChannelInput) {
			in.S3TablesDestinationConfiguration = &types.S3TablesDestinationConfiguration{}
		}, codeArgument,
			"Exactly one of S3DestinationConfiguration and S3TablesDestinationConfiguration must be specified."},
		"S3 Tables": {func(in *kinesis.CreateChannelInput) {
			in.S3DestinationConfiguration, in.S3TablesDestinationConfiguration = nil, &types.S3TablesDestinationConfiguration{}
		}, codeArgument,
			"CreateChannel with an S3TablesDestinationConfiguration is not available: Sluice delivers channels to S3 buckets, not to S3 Tables. Nothing was changed."},
		"two streams": {func(in *kinesis.CreateChannelInput) {
			in.StreamConfigurationList = append(in.StreamConfigurationList, in.StreamConfigurationList[0])
		}, codeArgument,
			"StreamConfigurationList must have exactly one stream."},
		"GSR_JSON": {format(types.RecordFormatTypeGsrJson), codeArgument, "RecordFormatType GSR_JSON is only supported for S3 Tables destinations."},
		"a schema": {func(in *kinesis.CreateChannelInput) {
			in.StreamConfigurationList[0].RecordConfiguration.GSRSchemaARN = aws.String("arn:aws:glue:us-east-1:123456789012:schema/r/s")
		}, codeArgument, "GSRSchemaARN is only supported for S3 Tables destinations."},
		"too fresh": {func(in *kinesis.CreateChannelInput) {
			in.S3DestinationConfiguration.DataFreshnessInSeconds = aws.Int32(299)
		}, codeArgument, "DataFreshnessInSeconds must be between 300 and 900. Requested value: 299."},
		"too late": {func(in *kinesis.CreateChannelInput) {
			in.S3DestinationConfiguration.DataFreshnessInSeconds = aws.Int32(901)
		}, codeArgument, "DataFreshnessInSeconds must be between 300 and 900. Requested value: 901."},
		"the service's key": {func(in *kinesis.CreateChannelInput) {
			in.EncryptionConfiguration = &types.ChannelEncryptionConfiguration{KeyId: aws.String("alias/aws/kinesis")}
		}, codeArgument, "The key alias/aws/kinesis cannot be used to encrypt what a channel delivers. Use a customer managed key."},
		"tags":    {func(in *kinesis.CreateChannelInput) { in.Tags = map[string]string{"a;": ""} }, codeArgument, textTagCharacters},
		"no name": {func(in *kinesis.CreateChannelInput) { in.ChannelName = nil }, codeInvalid, "1 validation error detected: Value null at 'channelName' failed to satisfy constraint: Member must not be null"},
		"no role": {func(in *kinesis.CreateChannelInput) { in.ServiceExecutionRoleARN = nil }, codeInvalid, "1 validation error detected: Value null at 'serviceExecutionRoleARN' failed to satisfy constraint: Member must not be null"},
		"no list": {func(in *kinesis.CreateChannelInput) { in.StreamConfigurationList = nil }, codeInvalid, "1 validation error detected: Value null at 'streamConfigurationList' failed to satisfy constraint: Member must not be null"},
		"no format": {func(in *kinesis.CreateChannelInput) { in.StreamConfigurationList[0].RecordConfiguration = nil }, codeInvalid,
			"1 validation error detected: Value null at 'streamConfigurationList.1.member.recordConfiguration' failed to satisfy constraint: Member must not be null"},
		"no storage": {func(in *kinesis.CreateChannelInput) { in.S3DestinationConfiguration.StorageConfiguration = nil }, codeInvalid,
			"1 validation error detected: Value null at 's3DestinationConfiguration.storageConfiguration' failed to satisfy constraint: Member must not be null"},
	} {
		t.Run(name, func(t *testing.T) { requireError(t, r.tryChannel("c", "a", c.change), c.code, c.text) })
	}
	list, err := r.ListChannels(r.ctx, &kinesis.ListChannelsInput{})
	require.NoError(t, err)
	require.Empty(t, list.ChannelSummaries)
}

// The valid and invalid templates of the service's guide, and the rules in it.
func TestChannelKeys(t *testing.T) {
	none, gzip := packed(types.S3CompressionTypeNone), packed(types.S3CompressionTypeGzip)
	for _, c := range []struct {
		template string
		packing  func(*kinesis.CreateChannelInput)
		key      string // of the first object, without the suffix
		problem  string
	}{
		{"!{channel-name}/!{yyyy}/!{MM}/!{dd}/!{HH}/records!{extension}", gzip, "c/2026/11/20/10/records+.gz", ""},
		{"data/stream=!{stream-name}/!{yyyy}-!{MM}-!{dd}/!{HH}!{mm}!{extension:.json}", none, "data/stream=a/2026-11-20/1000+.json", ""},
		{"!{channel-name}/!{yy}", none, "c/26+", ""},
		{"fixed", none, "fixed+", ""},
		{"x!{extension}", none, "x+", ""},
		{"x!{extension:.json.gz}", gzip, "x+.json.gz", ""},
		{"/data/!{channel-name}!{extension}", none, "", "it begins with a slash"},
		{"data/../!{channel-name}!{extension}", none, "", "it has two periods in a row"},
		{"data/./!{channel-name}", none, "", "one of its segments is a period"},
		{"data//!{channel-name}!{extension}", none, "", "it has two slashes in a row"},
		{"data/!{channel-name}/", none, "", "it ends with a slash"},
		{"!{channel-name}!{extension}/!{yyyy}", none, "", "the extension is not at its end"},
		{"!{extension}!{extension}", none, "", "it has more than one extension"},
		{"data/!{partition-id}!{extension}", none, "", "!{partition-id} is not a supported variable"},
		{"data/!{yyyy:MM}", none, "", "!{yyyy:MM} is not a supported variable"},
		{"data/!{channel-name}", gzip, "", "with compression it has to end with an extension"},
		{"data/!{channel-name}/!{yyyy", none, "", "the placeholder !{ at character 22 is not closed"},
		{"x!{extension:json}", none, "", `the extension "json" is not a period followed by lowercase letters and periods`},
		{"x!{extension:.J}", none, "", `the extension ".J" is not a period followed by lowercase letters and periods`},
		{"a{b}", none, "", "the character '{' is not allowed"},
		{"a:b", none, "", "the character ':' is not allowed"},
		{"ü", none, "", "the character 'ü' is not allowed"},
		{strings.Repeat("x", 986), none, strings.Repeat("x", 986) + "+", ""},
		{strings.Repeat("x", 987), none, "", "its keys are longer than 986 characters"},
	} {
		b := newBuckets("lake")
		r := open(t).delivers(b)
		r.createOnDemand("a")
		err := r.tryChannel("c", "a", keyed(c.template), c.packing)
		if c.problem != "" {
			requireError(t, err, codeArgument, "OutputKeyTemplate is not valid: "+c.problem+".")
			continue
		}
		require.NoError(t, err)
		r.say("a", "1")
		r.clock.Step(freshness)
		got := b.in("lake")[0].Key
		head, tail, _ := strings.Cut(c.key, "+")
		require.True(t, strings.HasPrefix(got, head) && strings.HasSuffix(got, tail), "%s: %s", c.template, got)
		require.Regexp(t, "^-[0-9a-f-]{36}$", strings.TrimSuffix(strings.TrimPrefix(got, head), tail))
		require.LessOrEqual(t, len(got), 1024)
	}
}
