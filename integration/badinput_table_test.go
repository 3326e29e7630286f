package integration

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The resources the bad input is about do not exist, so that nothing can change even when a request gets through.
const (
	nowhere         = "nowhere"
	nowhereARN      = "arn:aws:kinesis:us-east-1:000000000000:stream/nowhere"
	nowhereConsumer = nowhereARN + "/consumer/nobody:1700000000"
	nowhereChannel  = "arn:aws:kinesis:us-east-1:000000000000:channel/nowhere"
	nowhereRole     = "arn:aws:iam::000000000000:role/nowhere"
)

// bases holds one request per operation, with every member, that breaks no constraint. Required members are starred.
// That of CreateChannel has two destinations, so that it is refused whatever else is right.
var bases = map[string]string{
	"AddTagsToStream": `{"StreamName":"nowhere","Tags*":{"k":"v"},"StreamARN":"ARN"}`,
	"CreateStream":    `{"StreamName*":"nowhere","ShardCount":1,"StreamModeDetails":{"StreamMode*":"PROVISIONED"},"Tags":{"k":"v"},"WarmThroughputMiBps":1,"MaxRecordSizeInKiB":1024,"RecordDistributionStrategy":"USER_PARTITION_KEY"}`,
	"CreateChannel": `{"ChannelName*":"nowhere","ServiceExecutionRoleARN*":"ROLE","StreamConfigurationList*":[{"StreamARN*":"ARN","RecordConfiguration*":{"RecordFormatType*":"JSON","GSRSchemaARN":"arn:aws:glue:us-east-1:000000000000:schema/r/s"}}],` +
		`"S3DestinationConfiguration":{"StorageConfiguration*":{"BucketARN*":"arn:aws:s3:::nowhere","ExpectedBucketOwner*":"000000000000","CompressionType*":"NONE","OutputKeyTemplate":"a","StorageClass":"STANDARD"},` +
		`"DataFreshnessInSeconds":300,"DeadLetterQueueS3Configuration":{"BucketARN*":"arn:aws:s3:::nowhere","ExpectedBucketOwner*":"000000000000","ErrorOutputPrefix":"a"}},` +
		`"S3TablesDestinationConfiguration":{"DeadLetterQueueS3Configuration*":{"BucketARN*":"arn:aws:s3:::nowhere","ExpectedBucketOwner*":"000000000000","ErrorOutputPrefix":"a"},` +
		`"S3TablesConfigurationList*":[{"TableBucketARN*":"arn:aws:s3tables:us-east-1:000000000000:bucket/nowhere","Namespace*":"a","TableName*":"a","CompressionType*":"NONE","PartitionSpec":{"PartitionFields*":[{"Transform*":"TIME_HOUR","SourceName*":"a"}]}}],"DataFreshnessInSeconds":300},` +
		`"EncryptionConfiguration":{"EncryptionType*":"KMS","KeyId*":"a"},"Tags":{"k":"v"},"LoggingConfiguration":{"CloudWatchLogs*":{"Enabled*":true,"LogGroupName":"a","LogStreamName":"a"}}}`,
	"DeleteChannel":   `{"ChannelARN*":"CHANNEL"}`,
	"DescribeChannel": `{"ChannelARN*":"CHANNEL"}`,
	"ListChannels":    `{"StreamFilter":[{"StreamARN*":"ARN","StreamCreationTimestamp":1700000000}],"MaxResults":1,"NextToken":"abc"}`,
	"UpdateChannel": `{"ChannelARN*":"CHANNEL","S3DestinationConfiguration":{"DataFreshnessInSeconds*":300},"S3TablesDestinationConfiguration":{"DataFreshnessInSeconds*":300},` +
		`"LoggingConfiguration":{"CloudWatchLogs*":{"Enabled*":true,"LogGroupName":"a","LogStreamName":"a"}}}`,
	"DecreaseStreamRetentionPeriod":          `{"StreamName":"nowhere","RetentionPeriodHours*":24,"StreamARN":"ARN"}`,
	"DeleteResourcePolicy":                   `{"ResourceARN*":"ARN"}`,
	"DeleteStream":                           `{"StreamName":"nowhere","EnforceConsumerDeletion":false,"StreamARN":"ARN"}`,
	"DeregisterStreamConsumer":               `{"StreamARN":"ARN","ConsumerName":"nobody","ConsumerARN":"CONSUMER"}`,
	"DescribeStream":                         `{"StreamName":"nowhere","Limit":1,"ExclusiveStartShardId":"shardId-000000000000","StreamARN":"ARN"}`,
	"DescribeStreamConsumer":                 `{"StreamARN":"ARN","ConsumerName":"nobody","ConsumerARN":"CONSUMER"}`,
	"DescribeStreamSummary":                  `{"StreamName":"nowhere","StreamARN":"ARN"}`,
	"DisableEnhancedMonitoring":              `{"StreamName":"nowhere","ShardLevelMetrics*":["ALL"],"StreamARN":"ARN"}`,
	"EnableEnhancedMonitoring":               `{"StreamName":"nowhere","ShardLevelMetrics*":["ALL"],"StreamARN":"ARN"}`,
	"GetRecords":                             `{"ShardIterator*":"abc","Limit":1,"StreamARN":"ARN","DryRun":false}`,
	"GetResourcePolicy":                      `{"ResourceARN*":"ARN"}`,
	"GetShardIterator":                       `{"StreamName":"nowhere","ShardId*":"shardId-000000000000","ShardIteratorType*":"LATEST","StartingSequenceNumber":"0","Timestamp":1700000000,"StreamARN":"ARN","DryRun":false}`,
	"IncreaseStreamRetentionPeriod":          `{"StreamName":"nowhere","RetentionPeriodHours*":24,"StreamARN":"ARN"}`,
	"ListShards":                             `{"StreamName":"nowhere","NextToken":"abc","ExclusiveStartShardId":"shardId-000000000000","MaxResults":1,"StreamCreationTimestamp":1700000000,"ShardFilter":{"Type*":"AT_LATEST","ShardId":"shardId-000000000000","Timestamp":1700000000},"StreamARN":"ARN"}`,
	"ListStreamConsumers":                    `{"StreamARN*":"ARN","NextToken":"abc","MaxResults":1,"StreamCreationTimestamp":1700000000}`,
	"ListStreams":                            `{"Limit":1,"ExclusiveStartStreamName":"nowhere","NextToken":"abc"}`,
	"ListTagsForResource":                    `{"ResourceARN*":"ARN"}`,
	"ListTagsForStream":                      `{"StreamName":"nowhere","ExclusiveStartTagKey":"k","Limit":1,"StreamARN":"ARN"}`,
	"MergeShards":                            `{"StreamName":"nowhere","ShardToMerge*":"shardId-000000000000","AdjacentShardToMerge*":"shardId-000000000001","StreamARN":"ARN"}`,
	"PutRecord":                              `{"StreamName":"nowhere","Data*":"AAAA","PartitionKey":"k","ExplicitHashKey":"0","SequenceNumberForOrdering":"0","StreamARN":"ARN","DryRun":false}`,
	"PutRecords":                             `{"Records*":[{"Data*":"AAAA","PartitionKey":"k","ExplicitHashKey":"0"}],"StreamName":"nowhere","StreamARN":"ARN","DryRun":false}`,
	"PutResourcePolicy":                      `{"ResourceARN*":"ARN","Policy*":"{}"}`,
	"RegisterStreamConsumer":                 `{"StreamARN*":"ARN","ConsumerName*":"nobody","Tags":{"k":"v"}}`,
	"RemoveTagsFromStream":                   `{"StreamName":"nowhere","TagKeys*":["k"],"StreamARN":"ARN"}`,
	"SplitShard":                             `{"StreamName":"nowhere","ShardToSplit*":"shardId-000000000000","NewStartingHashKey*":"5","StreamARN":"ARN"}`,
	"StartStreamEncryption":                  `{"StreamName":"nowhere","EncryptionType*":"KMS","KeyId*":"alias/aws/kinesis","StreamARN":"ARN"}`,
	"StopStreamEncryption":                   `{"StreamName":"nowhere","EncryptionType*":"KMS","KeyId*":"alias/aws/kinesis","StreamARN":"ARN"}`,
	"SubscribeToShard":                       `{"ConsumerARN*":"CONSUMER","ShardId*":"shardId-000000000000","StartingPosition*":{"Type*":"LATEST","SequenceNumber":"0","Timestamp":1700000000},"DryRun":false}`,
	"TagResource":                            `{"Tags*":{"k":"v"},"ResourceARN*":"ARN"}`,
	"UntagResource":                          `{"TagKeys*":["k"],"ResourceARN*":"ARN"}`,
	"UpdateAccountSettings":                  `{"MinimumThroughputBillingCommitment*":{"Status*":"DISABLED"}}`,
	"UpdateMaxRecordSize":                    `{"StreamARN":"ARN","MaxRecordSizeInKiB*":1024}`,
	"UpdateShardCount":                       `{"StreamName":"nowhere","TargetShardCount*":1,"ScalingType*":"UNIFORM_SCALING","StreamARN":"ARN"}`,
	"UpdateStreamMode":                       `{"StreamARN*":"ARN","StreamModeDetails*":{"StreamMode*":"PROVISIONED"},"WarmThroughputMiBps":1}`,
	"UpdateStreamRecordDistributionStrategy": `{"StreamARN*":"ARN","RecordDistributionStrategy*":"AUTO"}`,
	"UpdateStreamWarmThroughput":             `{"StreamARN":"ARN","StreamName":"nowhere","WarmThroughputMiBps*":1}`,
}

// Constraint kinds decide which values lie on either side.
const (
	isString = iota
	isInteger
	isBlob
	isEnum
	isTime
	isBool
	isStringList
	isTagMap
	isList
	isStructure
)

// constraint is what the service's model says about one member.
type constraint struct {
	kind     int
	min, max int
	pattern  string
	fits     string // a string that fits the pattern; it is padded with its last character
	breaks   string // a string that breaks it, within the lengths
	enum     []string
}

var (
	named     = constraint{kind: isString, min: 1, max: 128, pattern: `[a-zA-Z0-9_.-]+`, fits: "a", breaks: "a b"}
	arn       = constraint{kind: isString, min: 1, max: 2048, pattern: `arn:aws.*:kinesis:.*:\d{12}:stream/\S+`, fits: nowhereARN, breaks: "arn:aws:s3:::bucket"}
	resource  = constraint{kind: isString, min: 1, max: 2048, pattern: `arn:aws.*:kinesis:.*:\d{12}:.*stream/\S+`, fits: nowhereARN, breaks: "arn:aws:s3:::bucket"}
	hashKey   = constraint{kind: isString, pattern: `0|([1-9]\d{0,38})`, fits: "5", breaks: "01"}
	number    = constraint{kind: isString, pattern: `0|([1-9]\d{0,128})`, fits: "5", breaks: "-1"}
	page      = constraint{kind: isInteger, min: 1, max: 10000}
	positions = []string{"AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON"}
	metrics   = []string{"IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords", "WriteProvisionedThroughputExceeded",
		"ReadProvisionedThroughputExceeded", "IteratorAgeMilliseconds", "ALL"}
)

// constraints is the table by member name; a name with its operation or structure in front goes first.
var constraints = map[string]constraint{
	"StreamName":                         named,
	"ExclusiveStartStreamName":           named,
	"ConsumerName":                       named,
	"ShardId":                            named,
	"ExclusiveStartShardId":              named,
	"ShardToSplit":                       named,
	"ShardToMerge":                       named,
	"AdjacentShardToMerge":               named,
	"StreamARN":                          arn,
	"ResourceARN":                        resource,
	"ConsumerARN":                        {kind: isString, min: 1, max: 2048, pattern: `^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+`, fits: nowhereConsumer, breaks: nowhereARN},
	"ShardIterator":                      {kind: isString, min: 1, max: 512, fits: "a"},
	"StartingSequenceNumber":             number,
	"SequenceNumberForOrdering":          number,
	"SequenceNumber":                     number,
	"NewStartingHashKey":                 hashKey,
	"ExplicitHashKey":                    hashKey,
	"PartitionKey":                       {kind: isString, min: 1, max: 256, fits: "a"},
	"Data":                               {kind: isBlob, max: 10485760},
	"Records":                            {kind: isList, min: 1, max: 500},
	"ShardCount":                         {kind: isInteger, min: 1},
	"TargetShardCount":                   {kind: isInteger, min: 1},
	"WarmThroughputMiBps":                {kind: isInteger, min: 0},
	"MaxRecordSizeInKiB":                 {kind: isInteger, min: 1024, max: 10240},
	"RetentionPeriodHours":               {kind: isInteger, min: noLimit},
	"Limit":                              page,
	"MaxResults":                         page,
	"ListTagsForStream.Limit":            {kind: isInteger, min: 1, max: 50},
	"NextToken":                          {kind: isString, min: 1, max: 1048576, fits: "a"},
	"Tags":                               {kind: isTagMap, min: 1, max: 200},
	"TagKeys":                            {kind: isStringList, min: 1, max: 50},
	"ExclusiveStartTagKey":               {kind: isString, min: 1, max: 128, fits: "a"},
	"ShardLevelMetrics":                  {kind: isStringList, min: 1, max: 7, enum: metrics},
	"KeyId":                              {kind: isString, min: 1, max: 2048, fits: "a"},
	"EncryptionType":                     {kind: isEnum, enum: []string{"NONE", "KMS"}},
	"ShardIteratorType":                  {kind: isEnum, enum: positions},
	"StartingPosition.Type":              {kind: isEnum, enum: positions},
	"ShardFilter.Type":                   {kind: isEnum, enum: []string{"AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP", "FROM_TIMESTAMP"}},
	"ScalingType":                        {kind: isEnum, enum: []string{"UNIFORM_SCALING"}},
	"StreamMode":                         {kind: isEnum, enum: []string{"PROVISIONED", "ON_DEMAND"}},
	"Status":                             {kind: isEnum, enum: []string{"ENABLED", "DISABLED"}},
	"RecordDistributionStrategy":         {kind: isEnum, enum: []string{"AUTO", "USER_PARTITION_KEY"}},
	"Policy":                             {kind: isString},
	"Timestamp":                          {kind: isTime},
	"StreamCreationTimestamp":            {kind: isTime},
	"DryRun":                             {kind: isBool},
	"EnforceConsumerDeletion":            {kind: isBool},
	"StreamModeDetails":                  {kind: isStructure},
	"ShardFilter":                        {kind: isStructure},
	"StartingPosition":                   {kind: isStructure},
	"MinimumThroughputBillingCommitment": {kind: isStructure},

	"ChannelName":             named,
	"ChannelARN":              {kind: isString, min: 1, max: 2048, pattern: `arn:aws.*:kinesis:.*:\d{12}:channel/\S+`, fits: nowhereChannel, breaks: nowhereARN},
	"ServiceExecutionRoleARN": {kind: isString, min: 1, max: 512, pattern: `arn:aws[-a-z0-9]*:iam::\d{12}:role/[a-zA-Z_0-9+=,.@\-_/]+`, fits: nowhereRole, breaks: nowhereARN},
	"StreamConfigurationList": {kind: isList, min: 1, max: 10000},
	"RecordFormatType":        {kind: isEnum, enum: []string{"GSR_JSON", "JSON", "STRING", "BYTE_ARRAY"}},
	"GSRSchemaARN": {kind: isString, min: 1, max: 512, pattern: `arn:aws[-a-z0-9]*:glue:[-a-z0-9]+:\d{12}:schema/[-a-zA-Z0-9_$#.]+/[-a-zA-Z0-9_$#.]+`,
		fits: "arn:aws:glue:us-east-1:000000000000:schema/r/s", breaks: nowhereARN},
	"BucketARN":                              {kind: isString, min: 1, max: 2048, pattern: `arn:aws[-a-z0-9]*:s3:::[a-z0-9._-]{3,63}`, fits: "arn:aws:s3:::nowhere", breaks: "arn:aws:s3:::NOWHERE"},
	"ExpectedBucketOwner":                    {kind: isString, min: 12, max: 12, pattern: `\d{12}`, fits: "000000000000", breaks: "00000000000x"},
	"StorageConfiguration.CompressionType":   {kind: isEnum, enum: []string{"NONE", "GZIP", "ZSTD"}},
	"OutputKeyTemplate":                      {kind: isString, min: 1, max: 1024, pattern: `[0-9A-Za-z!\-_'.*()\/=:{}]+`, fits: "a", breaks: "a b"},
	"ErrorOutputPrefix":                      {kind: isString, min: 1, max: 512, pattern: `[0-9A-Za-z!\-_'.*()\/]+`, fits: "a", breaks: "a=b"},
	"StorageClass":                           {kind: isEnum, enum: []string{"STANDARD", "INTELLIGENT_TIERING", "GLACIER_IR"}},
	"DataFreshnessInSeconds":                 {kind: isInteger, min: noLimit},
	"S3TablesConfigurationList":              {kind: isList, min: 1, max: 10000},
	"TableBucketARN":                         {kind: isString, min: 1, max: 2048, pattern: `arn:aws[-a-z0-9]*:s3tables:[-a-z0-9]+:[0-9]{12}:bucket/[a-z0-9_-]{3,63}`, fits: "arn:aws:s3tables:us-east-1:000000000000:bucket/nowhere", breaks: "arn:aws:s3:::nowhere"},
	"Namespace":                              {kind: isString, min: 1, max: 255, pattern: `[0-9a-z_]+`, fits: "a", breaks: "A"},
	"TableName":                              {kind: isString, min: 1, max: 255, pattern: `[0-9a-z_]+`, fits: "a", breaks: "A"},
	"CompressionType":                        {kind: isEnum, enum: []string{"NONE", "ZSTD", "SNAPPY"}}, // of tables
	"PartitionFields":                        {kind: isList, min: 1, max: 10},
	"Transform":                              {kind: isEnum, enum: []string{"TIME_HOUR"}},
	"SourceName":                             {kind: isString, min: 1, max: 255, pattern: `[a-zA-Z0-9._]+`, fits: "a", breaks: "a b"},
	"EncryptionConfiguration.EncryptionType": {kind: isEnum, enum: []string{"KMS"}},
	"Enabled":                                {kind: isBool},
	"LogGroupName":                           {kind: isString, min: 1, max: 512, pattern: `[\.\-_/#A-Za-z0-9]+`, fits: "a", breaks: "a b"},
	"LogStreamName":                          {kind: isString, min: 1, max: 512, pattern: `[^:*]+`, fits: "a", breaks: "a:b"},
	"StreamFilter":                           {kind: isList, min: 1, max: 10000},
	"RecordConfiguration":                    {kind: isStructure},
	"S3DestinationConfiguration":             {kind: isStructure},
	"S3TablesDestinationConfiguration":       {kind: isStructure},
	"StorageConfiguration":                   {kind: isStructure},
	"DeadLetterQueueS3Configuration":         {kind: isStructure},
	"PartitionSpec":                          {kind: isStructure},
	"EncryptionConfiguration":                {kind: isStructure},
	"LoggingConfiguration":                   {kind: isStructure},
	"CloudWatchLogs":                         {kind: isStructure},
}

// noLimit marks an integer that the model does not bound.
const noLimit = -1 << 31

// member is one member of an operation's input, nested ones included.
type member struct {
	operation string
	path      []string // "Records", "0", "Data"
	required  bool
	constraint
}

// name is how messages call the member: records.1.member.data.
func (m member) name() string {
	var parts []string
	for _, part := range m.path {
		if part == "0" {
			parts = append(parts, "1", "member")
			continue
		}
		parts = append(parts, strings.ToLower(part[:1])+part[1:])
	}
	return strings.Join(parts, ".")
}

func (m member) String() string { return m.operation + " " + strings.Join(m.path, ".") }

// members lists every member of every base with its constraint.
func members(t *testing.T) []member {
	t.Helper()
	var all []member
	for _, operation := range slices.Sorted(maps.Keys(bases)) {
		all = append(all, membersOf(t, operation, nil, starred(t, operation))...)
	}
	return all
}

func membersOf(t *testing.T, operation string, path []string, value any) []member {
	t.Helper()
	var all []member
	switch value := value.(type) {
	case map[string]any:
		if len(path) > 0 && path[len(path)-1] == "Tags" {
			return nil
		}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			name := strings.TrimSuffix(key, "*")
			below := append(slices.Clone(path), name)
			limits, ok := constraints[operation+"."+name]
			if !ok && len(path) > 0 {
				limits, ok = constraints[path[len(path)-1]+"."+name]
			}
			if !ok {
				limits, ok = constraints[name]
			}
			require.True(t, ok, "the table has no constraint for %s %s", operation, name)
			all = append(all, member{operation, below, name != key, limits})
			all = append(all, membersOf(t, operation, below, value[key])...)
		}
	case []any:
		if _, scalars := value[0].(string); !scalars {
			all = membersOf(t, operation, append(slices.Clone(path), "0"), value[0])
		}
	}
	return all
}

func starred(t *testing.T, operation string) map[string]any {
	t.Helper()
	text := strings.NewReplacer("ARN\":\"ARN\"", "ARN\":\""+nowhereARN+"\"", "ARN*\":\"ARN\"", "ARN*\":\""+nowhereARN+"\"",
		"\"CONSUMER\"", "\""+nowhereConsumer+"\"", "\"CHANNEL\"", "\""+nowhereChannel+"\"", "\"ROLE\"", "\""+nowhereRole+"\"").Replace(bases[operation])
	var base map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &base), operation)
	return base
}

// with gives the base request with the member set to a value, or without it when the value is absent.
func (m member) with(t *testing.T, value any) []byte {
	t.Helper()
	body, err := json.Marshal(set(starred(t, m.operation), m.path, value))
	require.NoError(t, err)
	return body
}

type absent struct{}

// set takes the stars off and puts the value at the path.
func set(node any, path []string, value any) any {
	switch node := node.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, below := range node {
			name := strings.TrimSuffix(key, "*")
			switch {
			case len(path) == 0 || path[0] != name:
				out[name] = set(below, nil, nil)
			case len(path) > 1:
				out[name] = set(below, path[1:], value)
			case value != absent{}:
				out[name] = value
			}
		}
		return out
	case []any:
		if len(path) > 1 {
			return []any{set(node[0], path[1:], value)}
		}
		return []any{set(node[0], nil, nil)}
	}
	return node
}

func TestBasesBreakNothing(t *testing.T) {
	server := Start(t, "--memory", "--transition", "0")
	for operation := range bases {
		if operation == "CreateStream" {
			continue // it would create
		}
		answer := server.PostBytes(t, operation, JSON11, member{operation: operation}.with(t, nil))
		require.NotContains(t, string(answer.Body), "constraint", operation)
		require.NotContains(t, string(answer.Body), "Serialization", operation)
	}
	require.Equal(t, "[]", fmt.Sprint(Must[struct{ StreamNames []string }](t, server, "ListStreams", struct{}{}).StreamNames))
}
