package wire

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// invalid is the body of a ValidationException with the given failures.
func invalid(failures ...string) string {
	word := "errors"
	if len(failures) == 1 {
		word = "error"
	}
	w := jsonWriter{}
	w.str(fmt.Sprintf("%d validation %s detected: %s", len(failures), word, strings.Join(failures, "; ")))
	return `{"__type":"ValidationException","message":` + string(w.b) + `}`
}

const (
	shardARN  = "arn:aws:kinesis:us-east-1:000000000000:stream/T"
	nameText  = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
	emptyText = "Member must have length greater than or equal to 1"
)

func TestConstraintTexts(t *testing.T) {
	long := strings.Repeat("a", 129)
	for _, c := range []struct {
		name, operation, body string
		failures              []string
	}{
		{"required", "DescribeStreamConsumer", `{}`, nil},
		{"required string", "MergeShards", `{"AdjacentShardToMerge":"a"}`, []string{
			"Value null at 'shardToMerge' failed to satisfy constraint: Member must not be null"}},
		{"required blob, list, map, enum, structure, integer", "PutRecord", `{"Data":null}`, []string{
			"Value null at 'data' failed to satisfy constraint: Member must not be null"}},
		{"required list", "PutRecords", `{}`, []string{
			"Value null at 'records' failed to satisfy constraint: Member must not be null"}},
		{"required map", "AddTagsToStream", `{}`, []string{
			"Value null at 'tags' failed to satisfy constraint: Member must not be null"}},
		{"required enum and structure", "SubscribeToShard", `{}`, []string{
			"Value null at 'consumerARN' failed to satisfy constraint: Member must not be null",
			"Value null at 'shardId' failed to satisfy constraint: Member must not be null",
			"Value null at 'startingPosition' failed to satisfy constraint: Member must not be null"}},
		{"required integer", "IncreaseStreamRetentionPeriod", `{}`, []string{
			"Value null at 'retentionPeriodHours' failed to satisfy constraint: Member must not be null"}},
		{"required inside", "ListShards", `{"ShardFilter":{}}`, []string{
			"Value null at 'shardFilter.type' failed to satisfy constraint: Member must not be null"}},
		{"max length", "DescribeStream", `{"StreamName":"` + long + `"}`, []string{
			"Value '" + long + "' at 'streamName' failed to satisfy constraint: Member must have length less than or equal to 128"}},
		{"min length", "GetRecords", `{"ShardIterator":""}`, []string{
			"Value '' at 'shardIterator' failed to satisfy constraint: " + emptyText}},
		{"pattern and min length", "DescribeStream", `{"StreamName":""}`, []string{
			"Value '' at 'streamName' failed to satisfy constraint: " + nameText,
			"Value '' at 'streamName' failed to satisfy constraint: " + emptyText}},
		{"pattern is matched as a whole", "DescribeStream", `{"StreamName":"a\nb"}`, []string{
			"Value 'a\nb' at 'streamName' failed to satisfy constraint: " + nameText}},
		{"pattern before a line end", "DescribeStream", `{"StreamName":"a\n"}`, []string{
			"Value 'a\n' at 'streamName' failed to satisfy constraint: " + nameText}},
		{"pattern alternatives", "SplitShard", `{"StreamName":"T","ShardToSplit":"a","NewStartingHashKey":"01"}`, []string{
			"Value '01' at 'newStartingHashKey' failed to satisfy constraint: " +
				`Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})`}},
		{"max value", "ListTagsForStream", `{"Limit":51}`, []string{
			"Value '51' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50"}},
		{"min value", "ListTagsForStream", `{"Limit":0}`, []string{
			"Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"}},
		{"enum in the live order", "GetShardIterator", `{"ShardId":"a","ShardIteratorType":"X"}`, []string{
			"Value 'X' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: " +
				"[AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]"}},
		{"empty enum", "GetShardIterator", `{"ShardId":"a","ShardIteratorType":""}`, []string{
			"Value '' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: " +
				"[AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]"}},
		{"absent enum", "GetShardIterator", `{"ShardId":"a","ShardIteratorType":null}`, []string{
			"Value null at 'shardIteratorType' failed to satisfy constraint: Member must not be null"}},
		{"empty enum inside, not required", "CreateStream", `{"StreamName":"T","StreamModeDetails":{"StreamMode":""},"RecordDistributionStrategy":""}`, []string{
			"Value '' at 'streamModeDetails.streamMode' failed to satisfy constraint: Member must satisfy enum value set: [PROVISIONED, ON_DEMAND]",
			"Value '' at 'recordDistributionStrategy' failed to satisfy constraint: Member must satisfy enum value set: [AUTO, USER_PARTITION_KEY]"}},
		{"list too short", "RemoveTagsFromStream", `{"TagKeys":[]}`, []string{
			"Value '[]' at 'tagKeys' failed to satisfy constraint: " + emptyText}},
		{"list too long and a bad element", "RemoveTagsFromStream",
			`{"TagKeys":["",` + strings.Repeat(`"b",`, 49) + `"c"]}`, []string{
				"Value '[, " + strings.Repeat("b, ", 49) + "c]' at 'tagKeys' failed to satisfy constraint: " +
					"Member must have length less than or equal to 50",
				"Value '[, " + strings.Repeat("b, ", 49) + "c]' at 'tagKeys' failed to satisfy constraint: " +
					"Member must satisfy constraint: [Member must have length less than or equal to 128, " +
					"Member must have length greater than or equal to 1]"}},
		{"list of enums", "EnableEnhancedMonitoring", `{"ShardLevelMetrics":["ALL","x"]}`, []string{
			"Value '[ALL, x]' at 'shardLevelMetrics' failed to satisfy constraint: Member must satisfy constraint: " +
				"[Member must satisfy enum value set: [IncomingBytes, IncomingRecords, OutgoingBytes, OutgoingRecords, " +
				"WriteProvisionedThroughputExceeded, ReadProvisionedThroughputExceeded, IteratorAgeMilliseconds, ALL]]"}},
		{"map empty", "AddTagsToStream", `{"Tags":{}}`, []string{
			"Value '{}' at 'tags' failed to satisfy constraint: " + emptyText}},
		{"map keys and values", "AddTagsToStream", `{"Tags":{"":"b","a":"` + strings.Repeat("v", 257) + `"}}`, []string{
			"Value '{=b, a=" + strings.Repeat("v", 257) + "}' at 'tags' failed to satisfy constraint: " +
				"Map keys must satisfy constraint: [Member must have length less than or equal to 128, " +
				"Member must have length greater than or equal to 1]",
			"Value '{=b, a=" + strings.Repeat("v", 257) + "}' at 'tags' failed to satisfy constraint: " +
				"Map value must satisfy constraint: [Member must have length less than or equal to 256, " +
				"Member must have length greater than or equal to 0]"}},
		{"inside a list", "PutRecords", `{"Records":[{"Data":""},{"Data":null,"PartitionKey":"","ExplicitHashKey":"x"}]}`, []string{
			"Value null at 'records.2.member.data' failed to satisfy constraint: Member must not be null",
			"Value 'x' at 'records.2.member.explicitHashKey' failed to satisfy constraint: " +
				`Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})`,
			"Value '' at 'records.2.member.partitionKey' failed to satisfy constraint: " + emptyText}},
		{"list of structures without blobs", "ListChannels", `{"StreamFilter":[]}`, []string{
			"Value '[]' at 'streamFilter' failed to satisfy constraint: " + emptyText}},
	} {
		want := ""
		if c.failures != nil {
			want = invalid(c.failures...)
		}
		require.Equal(t, want, refusal(t, "kinesis", c.operation, c.body), c.name)
	}
}

func TestSharpCasesOfValidation(t *testing.T) {
	records := func(n int) string {
		return `{"StreamName":"T","Records":[` + strings.TrimSuffix(strings.Repeat(`{"Data":"","PartitionKey":"a"},`, n), ",") + `]}`
	}
	t.Run("case 8 CreateStream without a name", func(t *testing.T) {
		require.Equal(t, invalid("Value null at 'streamName' failed to satisfy constraint: Member must not be null"),
			refusal(t, "kinesis", "CreateStream", `{"ShardCount":1}`))
	})
	t.Run("case 9 three failures", func(t *testing.T) {
		require.Equal(t, `{"__type":"ValidationException","message":"3 validation errors detected: `+
			`Value '' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; `+
			`Value '' at 'streamName' failed to satisfy constraint: Member must have length greater than or equal to 1; `+
			`Value '0' at 'shardCount' failed to satisfy constraint: Member must have value greater than or equal to 1"}`,
			refusal(t, "kinesis", "CreateStream", `{"ShardCount":0,"StreamName":""}`))
	})
	t.Run("case 10 limit and length", func(t *testing.T) {
		name := strings.Repeat("a", 129)
		require.Equal(t, invalid(
			"Value '"+name+"' at 'streamName' failed to satisfy constraint: Member must have length less than or equal to 128",
			"Value '100000' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000"),
			refusal(t, "kinesis", "DescribeStream", `{"Limit":100000,"StreamName":"`+name+`"}`))
	})
	t.Run("case 15 501 records", func(t *testing.T) {
		require.Empty(t, refusal(t, "kinesis", "PutRecords", records(500)))
		for _, n := range []int{501, 502, 20000} {
			require.Equal(t, invalid("Value at 'records' failed to satisfy constraint: Member must have length less than or equal to 500"),
				refusal(t, "kinesis", "PutRecords", records(n)))
		}
	})
	t.Run("case 16 no records", func(t *testing.T) {
		require.Equal(t, invalid("Value at 'records' failed to satisfy constraint: Member must have length greater than or equal to 1"),
			refusal(t, "kinesis", "PutRecords", `{"StreamName":"T","Records":[]}`))
	})
	t.Run("case 17 characters of a partition key", func(t *testing.T) {
		put := func(key string) string {
			return refusal(t, "kinesis", "PutRecord", `{"StreamName":"T","Data":"","PartitionKey":"`+key+`"}`)
		}
		key := strings.Repeat("a", 257)
		require.Equal(t, invalid("Value '"+key+"' at 'partitionKey' failed to satisfy constraint: "+
			"Member must have length less than or equal to 256"), put(key))
		require.Empty(t, put(strings.Repeat("漢", 256)))
		require.NotEmpty(t, put(strings.Repeat("漢", 257)))
		// Characters beyond the basic plane count twice, as in Java.
		require.Empty(t, put(strings.Repeat("😀", 128)))
		require.NotEmpty(t, put(strings.Repeat("😀", 129)))
	})
	t.Run("case 18 empty data", func(t *testing.T) {
		require.Empty(t, refusal(t, "kinesis", "PutRecord", `{"StreamName":"T","PartitionKey":"a","Data":""}`))
	})
	t.Run("case 40 limit 10001", func(t *testing.T) {
		require.Equal(t, invalid("Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000"),
			refusal(t, "kinesis", "GetRecords", `{"ShardIterator":"a","Limit":10001}`))
	})
	t.Run("a blob over the model's limit shows no value", func(t *testing.T) {
		data := base64.StdEncoding.EncodeToString(make([]byte, 10485761))
		require.Equal(t, invalid("Value at 'records.1.member.data' failed to satisfy constraint: "+
			"Member must have length less than or equal to 10485760"),
			refusal(t, "kinesis", "PutRecords", `{"Records":[{"Data":"`+data+`","PartitionKey":"a"}]}`))
	})
}

func TestTenFailuresAtMost(t *testing.T) {
	got := refusal(t, "kinesis", "PutRecords", `{"Records":[`+strings.Repeat(`{},`, 19)+`{}]}`)
	var failures []string
	for i := range 10 {
		failures = append(failures, fmt.Sprintf("Value null at 'records.%d.member.data' failed to satisfy constraint: Member must not be null", i+1))
	}
	require.Equal(t, invalid(failures...), got)
}

func TestResourceARNs(t *testing.T) {
	for arn, good := range map[string]bool{
		shardARN:                       true,
		shardARN + "/consumer/c:17000": true,
		"arn:aws:kinesis:us-east-1:000000000000:channel/c":       true,
		"arn:aws-cn:kinesis:cn-north-1:000000000000:stream/T":    true,
		"arn:aws:kinesis:us-east-1:00000000000:stream/T":         false,
		"arn:aws:kinesis:us-east-1:000000000000:stream/":         false,
		"arn:aws:kinesis:us-east-1:000000000000:stream/a b":      false,
		"arn:aws:kinesis:us-east-1:000000000000:stream/a\\u000b": false,
		"arn:aws:kinesis:us\\u2028:000000000000:stream/a":        false,
	} {
		want := ""
		if !good {
			shown := strings.NewReplacer(`\u000b`, "\v", `\u2028`, "\u2028").Replace(arn)
			want = invalid("Value '" + shown + "' at 'resourceARN' failed to satisfy constraint: Member must satisfy regular " +
				`expression pattern: arn:aws.*:kinesis:.*:\d{12}:.*stream/\S+`)
		}
		require.Equal(t, want, refusal(t, "kinesis", "ListTagsForResource", `{"ResourceARN":"`+arn+`"}`), arn)
	}
}

func TestLambdaTexts(t *testing.T) {
	require.Equal(t, `{"message":"1 validation error detected: Value 'invalid' at 'startingPosition' failed to satisfy constraint: `+
		`Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"}`,
		refusal(t, "lambda", "CreateEventSourceMapping", `{"FunctionName":"f","StartingPosition":"invalid"}`))
	require.Empty(t, refusal(t, "lambda", "CreateEventSourceMapping",
		`{"FunctionName":"f","DestinationConfig":{"OnFailure":{"Destination":""}},"DocumentDBEventSourceConfig":{"CollectionName":"systems"}}`))
	require.Equal(t, `{"message":"1 validation error detected: Value 'system.x' at 'documentDBEventSourceConfig.collectionName' failed `+
		`to satisfy constraint: Member must satisfy regular expression pattern: (^(?!(system\\x2e)))(^[_a-zA-Z0-9])([^$]*)"}`,
		refusal(t, "lambda", "CreateEventSourceMapping", `{"FunctionName":"f","DocumentDBEventSourceConfig":{"CollectionName":"system.x"}}`))
	require.Equal(t, `{"message":"1 validation error detected: Value '{KAFKA_BOOTSTRAP_SERVERS=[]}' at 'selfManagedEventSource.endpoints' `+
		`failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 10, `+
		`Member must have length greater than or equal to 1, Member must satisfy constraint: [Member must have length less than or equal to 300, `+
		`Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: `+
		`(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\\-]*[a-zA-Z0-9])\\.)*([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9\\-]*[A-Za-z0-9]):[0-9]{1,5}]]"}`,
		refusal(t, "lambda", "CreateEventSourceMapping",
			`{"FunctionName":"f","SelfManagedEventSource":{"Endpoints":{"KAFKA_BOOTSTRAP_SERVERS":[]}}}`))
}

// In process there are no notes: an empty enum is an absent one.
func TestValidateInProcess(t *testing.T) {
	p := compile(t, "kinesis", "GetShardIterator")
	in := &kinesis.GetShardIteratorInput{ShardId: aws.String("a"), ShardIteratorType: types.ShardIteratorTypeLatest}
	require.Nil(t, p.Validate(in, nil))
	in.ShardIteratorType = ""
	f := p.Validate(in, nil)
	require.Equal(t, "ValidationException: 1 validation error detected: Value null at 'shardIteratorType' "+
		"failed to satisfy constraint: Member must not be null", f.Error())
	require.Equal(t, 400, f.Status)
	require.True(t, f.Sender)
}

// A structure without a toString of its own shows as its class and a number.
func TestStructuresInTexts(t *testing.T) {
	in := &kinesis.CreateChannelInput{}
	for range 10001 {
		in.StreamConfigurationList = append(in.StreamConfigurationList, types.ChannelStreamConfiguration{
			StreamARN: aws.String(shardARN), RecordConfiguration: &types.RecordConfiguration{RecordFormatType: "JSON"}})
	}
	in.ChannelName, in.ServiceExecutionRoleARN = aws.String("c"), aws.String("arn:aws:iam::000000000000:role/r")
	f := compile(t, "kinesis", "CreateChannel").Validate(in, nil)
	require.Regexp(t, `^1 validation error detected: Value '\[com\.amazonaws\.kinesis\.v20131202\.ChannelStreamConfiguration@[0-9a-f]+, .*\]' `+
		`at 'streamConfigurationList' failed to satisfy constraint: Member must have length less than or equal to 10000$`, f.Message)
}

// Error texts repeat values, so that a body of megabytes must not come back
// many times over.
func TestEchoIsBounded(t *testing.T) {
	huge := strings.Repeat("é", 4<<20)
	got := refusal(t, "kinesis", "DescribeStream", `{"StreamName":"`+huge+`"}`)
	require.Less(t, len(got), 3*maxEcho)
	got = refusal(t, "kinesis", "RemoveTagsFromStream", `{"TagKeys":[`+strings.Repeat(`"`+strings.Repeat("é", 1<<19)+`",`, 8)+`"a"]}`)
	require.Less(t, len(got), 3*maxEcho)
}
