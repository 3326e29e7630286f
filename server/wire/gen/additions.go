package main

import (
	"maps"
	"strings"
)

// What the Kinesis model does not say yet: channels, dry run, record
// distribution and the relaxed PartitionKey. These are facts (member names,
// required flags, enums and errors as in the public SDKs; lengths and patterns
// as in the resource definition of channels), told in our own form. Whatever a
// newer model already has is kept as the model has it.
const (
	nameRE   = `[a-zA-Z0-9_.-]+`
	roleRE   = `arn:aws[-a-z0-9]*:iam::\d{12}:role/[a-zA-Z_0-9+=,.@\-_/]+`
	bucketRE = `arn:aws[-a-z0-9]*:s3:::[a-z0-9._-]{3,63}`
	tablesRE = `arn:aws[-a-z0-9]*:s3tables:[-a-z0-9]+:[0-9]{12}:bucket/[a-z0-9_-]{3,63}`
	schemaRE = `arn:aws[-a-z0-9]*:glue:[-a-z0-9]+:\d{12}:schema/[-a-zA-Z0-9_$#.]+/[-a-zA-Z0-9_$#.]+`
	// channelRE is the form of channel ARNs; tag calls accept it as a ResourceARN as well.
	channelRE = `arn:aws.*:kinesis:.*:\d{12}:channel/\S+`
)

// addedKinesisShapes returns the new shapes.
func addedKinesisShapes() map[string]*shape {
	shapes := channelScalars()
	maps.Copy(shapes, channelStructures())
	maps.Copy(shapes, channelCalls())
	return shapes
}

func channelScalars() map[string]*shape {
	return map[string]*shape{
		"ChannelName":            str(1, 128, nameRE),
		"ChannelARN":             str(1, 2048, channelRE),
		"ChannelId":              str(1, 64, ""),
		"ChannelStatus":          enum("CREATING", "ACTIVE", "UPDATING", "DELETING", "FAILED"),
		"ChannelDestinationType": enum("S3", "S3_TABLES"),
		"ChannelEncryptionType":  enum("KMS"),
		"ChannelKeyId":           str(1, 2048, ""),
		"ChannelRoleARN":         str(1, 512, roleRE),
		"ChannelText":            {Type: "string"},
		"ChannelInteger":         {Type: "integer"},
		"LogGroupName":           str(1, 512, `[\.\-_/#A-Za-z0-9]+`),
		"LogStreamName":          str(1, 512, `[^:*]+`),
		"BucketARN":              str(1, 2048, bucketRE),
		"BucketOwner":            str(12, 12, `\d{12}`),
		"ErrorOutputPrefix":      str(1, 512, `[0-9A-Za-z!\-_'.*()\/]+`),
		"OutputKeyTemplate":      str(1, 1024, `[0-9A-Za-z!\-_'.*()\/=:{}]+`),
		"S3Compression":          enum("NONE", "GZIP", "ZSTD"),
		"S3StorageClass":         enum("STANDARD", "INTELLIGENT_TIERING", "GLACIER_IR"),
		"TableBucketARN":         str(1, 2048, tablesRE),
		"TableNamespace":         str(1, 255, `[0-9a-z_]+`),
		"S3TablesCompression":    enum("NONE", "ZSTD", "SNAPPY"),
		"PartitionTransform":     enum("TIME_HOUR"),
		"PartitionSourceName":    str(1, 255, `[a-zA-Z0-9._]+`),
		"RecordFormatType":       enum("GSR_JSON", "JSON", "STRING", "BYTE_ARRAY"),
		"GSRSchemaARN":           str(1, 512, schemaRE),
		"ListChannelsLimit":      {Type: "integer", Min: num(1), Max: num(10000)},

		"RecordDistributionStrategy": enum("AUTO", "USER_PARTITION_KEY"),
	}
}

// channelStructures are written as lists of members: "Name", "Name:Shape" and,
// when required, "Name*" or "Name:Shape*".
func channelStructures() map[string]*shape {
	return map[string]*shape{
		"ChannelStreamConfigurationList": list("ChannelStreamConfiguration", 1, 10000),
		"ChannelStreamDescriptionList":   {Type: "list", Member: &ref{Shape: "ChannelStreamDescription"}},
		"ChannelStreamIdentifierList":    {Type: "list", Member: &ref{Shape: "ChannelStreamIdentifier"}},
		"ChannelSummaryList":             {Type: "list", Member: &ref{Shape: "ChannelSummary"}},
		"PartitionFieldList":             list("PartitionField", 1, 10),
		"S3TablesConfigurationList":      list("S3TablesConfiguration", 1, 10000),
		"StreamFilterList":               list("StreamFilter", 1, 10000),

		"CloudWatchLogs":              structure("Enabled:BooleanObject* LogGroupName LogStreamName"),
		"CloudWatchLogsUpdateInput":   structure("Enabled:BooleanObject* LogGroupName LogStreamName"),
		"ChannelLoggingConfiguration": structure("CloudWatchLogs*"),
		"ChannelLoggingUpdateInput":   structure("CloudWatchLogs:CloudWatchLogsUpdateInput*"),
		"ChannelEncryptionConfiguration": structure(
			"EncryptionType:ChannelEncryptionType* KeyId:ChannelKeyId*"),
		"RecordConfiguration":        structure("RecordFormatType* GSRSchemaARN"),
		"ChannelStreamConfiguration": structure("StreamARN* RecordConfiguration*"),
		"ChannelStreamDescription": structure(
			"StreamARN* StreamCreationTimestamp:Timestamp* RecordConfiguration*"),
		"ChannelStreamIdentifier": structure("StreamARN* StreamCreationTimestamp:Timestamp*"),
		"StreamFilter":            structure("StreamARN* StreamCreationTimestamp:Timestamp"),
		"DeadLetterQueueS3Configuration": structure(
			"BucketARN* ExpectedBucketOwner:BucketOwner* ErrorOutputPrefix"),
		"S3StorageConfiguration": structure("BucketARN* ExpectedBucketOwner:BucketOwner* " +
			"CompressionType:S3Compression* OutputKeyTemplate StorageClass:S3StorageClass"),
		"S3DestinationConfiguration": structure("StorageConfiguration:S3StorageConfiguration* " +
			"DataFreshnessInSeconds:ChannelInteger DeadLetterQueueS3Configuration"),
		"S3DestinationDescription": structure("DataFreshnessInSeconds:ChannelInteger* " +
			"DeadLetterQueueS3Configuration* StorageConfiguration:S3StorageConfiguration*"),
		"S3DestinationUpdateInput": structure("DataFreshnessInSeconds:ChannelInteger*"),
		"PartitionField":           structure("Transform:PartitionTransform* SourceName:PartitionSourceName*"),
		"PartitionSpec":            structure("PartitionFields:PartitionFieldList*"),
		"S3TablesConfiguration": structure("TableBucketARN* Namespace:TableNamespace* " +
			"TableName:TableNamespace* CompressionType:S3TablesCompression* PartitionSpec"),
		"S3TablesDestinationConfiguration": structure("DeadLetterQueueS3Configuration* " +
			"S3TablesConfigurationList* DataFreshnessInSeconds:ChannelInteger"),
		"S3TablesDestinationDescription": structure("DataFreshnessInSeconds:ChannelInteger* " +
			"DeadLetterQueueS3Configuration* S3TablesConfigurationList*"),
		"S3TablesDestinationUpdateInput": structure("DataFreshnessInSeconds:ChannelInteger*"),
		"ChannelDescription": structure("ChannelName* ChannelARN* ChannelId* ChannelStatus* " +
			"ChannelCreationTimestamp:Timestamp* ServiceExecutionRoleARN:ChannelRoleARN* " +
			"StreamConfigurationList:ChannelStreamDescriptionList* LoggingConfiguration:ChannelLoggingConfiguration* " +
			"ChannelStatusReason:ChannelText S3DestinationConfiguration:S3DestinationDescription " +
			"S3TablesDestinationConfiguration:S3TablesDestinationDescription " +
			"EncryptionConfiguration:ChannelEncryptionConfiguration"),
		"ChannelSummary": structure("ChannelName* ChannelARN* ChannelId* ChannelStatus* " +
			"ChannelCreationTimestamp:Timestamp* ChannelDestinationType* " +
			"Streams:ChannelStreamIdentifierList* ChannelStatusReason:ChannelText"),
	}
}

// channelCalls are the inputs and outputs of the new operations.
func channelCalls() map[string]*shape {
	return map[string]*shape{
		"CreateChannelInput": structure("ChannelName* ServiceExecutionRoleARN:ChannelRoleARN* " +
			"StreamConfigurationList:ChannelStreamConfigurationList* S3DestinationConfiguration " +
			"S3TablesDestinationConfiguration EncryptionConfiguration:ChannelEncryptionConfiguration " +
			"Tags:TagMap LoggingConfiguration:ChannelLoggingConfiguration"),
		"CreateChannelOutput":   structure("ChannelDescription*"),
		"DeleteChannelInput":    structure("ChannelARN*"),
		"DescribeChannelInput":  structure("ChannelARN*"),
		"DescribeChannelOutput": structure("ChannelDescription*"),
		"ListChannelsInput": structure(
			"StreamFilter:StreamFilterList MaxResults:ListChannelsLimit NextToken"),
		"ListChannelsOutput": structure("ChannelSummaries:ChannelSummaryList* NextToken:ChannelText"),
		"UpdateChannelInput": structure("ChannelARN* S3DestinationConfiguration:S3DestinationUpdateInput " +
			"S3TablesDestinationConfiguration:S3TablesDestinationUpdateInput " +
			"LoggingConfiguration:ChannelLoggingUpdateInput"),
		"UpdateChannelOutput": structure("ChannelDescription*"),
		"UpdateStreamRecordDistributionStrategyInput": structure(
			"StreamARN* RecordDistributionStrategy* StreamId"),

		"DryRunOperationException": {Type: "structure", Exception: true,
			Members: members{{"message", ref{Shape: "ErrorMessage"}}}},
	}
}

// addedKinesisOperations maps each new operation to whether it has an output
// and to its errors.
func addedKinesisOperations() map[string]*operation {
	const (
		common = "AccessDeniedException InvalidArgumentException LimitExceededException ValidationException"
		lookup = common + " ResourceNotFoundException"
		change = lookup + " ResourceInUseException"
		keys   = " KMSAccessDeniedException KMSDisabledException KMSInvalidStateException" +
			" KMSNotFoundException KMSOptInRequired KMSThrottlingException"
	)
	return map[string]*operation{
		"CreateChannel":                          post("CreateChannel", true, change+keys),
		"DeleteChannel":                          post("DeleteChannel", false, lookup),
		"DescribeChannel":                        post("DescribeChannel", true, lookup),
		"ListChannels":                           post("ListChannels", true, common+" ExpiredNextTokenException"),
		"UpdateChannel":                          post("UpdateChannel", true, change),
		"UpdateStreamRecordDistributionStrategy": post("UpdateStreamRecordDistributionStrategy", false, change),
	}
}

// addToKinesis brings the Kinesis model up to date.
func addToKinesis(m *model) {
	for name, s := range addedKinesisShapes() {
		if m.Shapes[name] == nil {
			m.Shapes[name] = s
		}
	}
	for name, op := range addedKinesisOperations() {
		if m.Operations[name] == nil {
			m.Operations[name] = op
		}
	}
	for target, added := range map[string]string{
		"CreateStreamInput":        "RecordDistributionStrategy",
		"DescribeLimitsOutput":     "ChannelCount:ChannelInteger ChannelCountLimit:ChannelInteger",
		"GetRecordsInput":          "DryRun:BooleanObject",
		"GetShardIteratorInput":    "DryRun:BooleanObject",
		"PutRecordInput":           "DryRun:BooleanObject",
		"PutRecordsInput":          "DryRun:BooleanObject",
		"SubscribeToShardInput":    "DryRun:BooleanObject",
		"StreamDescriptionSummary": "ChannelCount:ChannelInteger RecordDistributionStrategy",
	} {
		s := m.Shapes[target]
		for _, x := range structure(added).Members {
			if !s.Members.has(x.name) {
				s.Members = append(s.Members, x)
			}
		}
	}
	for _, name := range []string{"PutRecordInput", "PutRecordsRequestEntry", "Record"} {
		m.Shapes[name].Required = without(m.Shapes[name].Required, "PartitionKey")
	}
	for _, name := range []string{"PutRecord", "PutRecords", "GetRecords", "GetShardIterator", "SubscribeToShard"} {
		op := m.Operations[name]
		op.Errors = append(op.Errors, ref{Shape: "DryRunOperationException"})
	}
	m.Shapes["ResourceARN"].acceptAlso = channelRE
	// The live service lists these in an order of its own.
	m.Shapes["ShardIteratorType"].Enum = reorder(m.Shapes["ShardIteratorType"].Enum,
		"AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON")
}

// addToLambda brings the Lambda model up to date and gives enums the order the
// live service shows.
func addToLambda(m *model) {
	kafka := m.Shapes["SelfManagedKafkaEventSourceConfig"]
	if !kafka.Members.has("ConsumptionMode") {
		m.Shapes["KafkaEventSourceMappingConsumptionMode"] = enum("Stream", "Queue")
		kafka.Members = append(kafka.Members,
			structure("ConsumptionMode:KafkaEventSourceMappingConsumptionMode").Members...)
	}
	if files := m.Shapes["FileSystemConfig"]; !files.Members.has("S3FilesConfig") {
		m.Shapes["DirectS3Read"] = enum("AUTO", "ENABLED", "DISABLED")
		m.Shapes["S3FilesConfig"] = structure("DirectS3Read")
		files.Members = append(files.Members, structure("S3FilesConfig").Members...)
	}
	s := m.Shapes["EventSourcePosition"]
	s.Enum = reorder(s.Enum, "LATEST", "AT_TIMESTAMP", "TRIM_HORIZON")
}

// reorder puts known values first, in the order given; values that only the
// model knows follow.
func reorder(have []string, order ...string) []string {
	for _, v := range have {
		if len(without(order, v)) == len(order) {
			order = append(order, v)
		}
	}
	return order
}

func without(list []string, name string) []string {
	var rest []string
	for _, x := range list {
		if x != name {
			rest = append(rest, x)
		}
	}
	return rest
}

func num(n int64) *number { v := number(n); return &v }

func str(minimum, maximum int64, pattern string) *shape {
	return &shape{Type: "string", Min: num(minimum), Max: num(maximum), Pattern: pattern}
}

func enum(values ...string) *shape { return &shape{Type: "string", Enum: values} }

func list(of string, minimum, maximum int64) *shape {
	return &shape{Type: "list", Member: &ref{Shape: of}, Min: num(minimum), Max: num(maximum)}
}

func structure(text string) *shape {
	s := &shape{Type: "structure"}
	for _, word := range strings.Fields(text) {
		word, required := strings.CutSuffix(word, "*")
		name, of, other := strings.Cut(word, ":")
		if !other {
			of = name
		}
		s.Members = append(s.Members, member{name, ref{Shape: of}})
		if required {
			s.Required = append(s.Required, name)
		}
	}
	return s
}

func post(name string, output bool, errors string) *operation {
	op := &operation{Name: name, Input: &ref{Shape: name + "Input"}}
	op.HTTP.Method, op.HTTP.RequestURI = "POST", "/"
	if output {
		op.Output = &ref{Shape: name + "Output"}
	}
	for _, e := range strings.Fields(errors) {
		op.Errors = append(op.Errors, ref{Shape: e})
	}
	return op
}
