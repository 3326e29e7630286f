package lambda

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"
)

func TestCreateEventSourceMapping(t *testing.T) {
	t.Run("1.2 the answer to a bare request", func(t *testing.T) {
		r := open(t, lasting(time.Second))
		out := r.ingest()
		uuid := *out.UUID
		require.Regexp(t, `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, uuid)
		require.Equal(t, &lambda.CreateEventSourceMappingOutput{
			UUID:                           aws.String(uuid),
			EventSourceMappingArn:          aws.String("arn:aws:lambda:eu-west-1:000000000000:event-source-mapping:" + uuid),
			EventSourceArn:                 aws.String("arn:aws:kinesis:eu-west-1:000000000000:stream/orders"),
			FunctionArn:                    aws.String("arn:aws:lambda:eu-west-1:000000000000:function:ingest"),
			BatchSize:                      aws.Int32(100),
			MaximumBatchingWindowInSeconds: aws.Int32(0),
			ParallelizationFactor:          aws.Int32(1),
			StartingPosition:               types.EventSourcePositionLatest,
			MaximumRecordAgeInSeconds:      aws.Int32(-1),
			MaximumRetryAttempts:           aws.Int32(-1),
			BisectBatchOnFunctionError:     aws.Bool(false),
			TumblingWindowInSeconds:        aws.Int32(0),
			FunctionResponseTypes:          []types.FunctionResponseType{},
			DestinationConfig:              &types.DestinationConfig{OnFailure: &types.OnFailure{}},
			State:                          aws.String("Creating"),
			StateTransitionReason:          aws.String("User action"),
			LastProcessingResult:           aws.String("No records processed"),
			LastModified:                   aws.Time(testStart()),
		}, out)
		require.Equal(t, "Creating", r.state(out.UUID))
		r.clock.Step(time.Second)
		require.Equal(t, "Enabled", r.state(out.UUID))
	})
	t.Run("1.2 everything given", func(t *testing.T) {
		r := open(t)
		r.function("ingest")
		in := everything()
		out, err := r.CreateEventSourceMapping(r.ctx, in)
		require.NoError(t, err)
		got, err := r.GetEventSourceMapping(r.ctx, &lambda.GetEventSourceMappingInput{UUID: out.UUID})
		require.NoError(t, err)
		require.Equal(t, "Disabled", *got.State)
		require.Equal(t, in.EventSourceArn, got.EventSourceArn)
		require.Equal(t, in.BatchSize, got.BatchSize)
		require.Equal(t, in.MaximumBatchingWindowInSeconds, got.MaximumBatchingWindowInSeconds)
		require.Equal(t, in.ParallelizationFactor, got.ParallelizationFactor)
		require.Equal(t, in.StartingPosition, got.StartingPosition)
		require.Equal(t, in.StartingPositionTimestamp, got.StartingPositionTimestamp)
		require.Equal(t, in.MaximumRecordAgeInSeconds, got.MaximumRecordAgeInSeconds)
		require.Equal(t, in.MaximumRetryAttempts, got.MaximumRetryAttempts)
		require.Equal(t, in.BisectBatchOnFunctionError, got.BisectBatchOnFunctionError)
		require.Equal(t, in.TumblingWindowInSeconds, got.TumblingWindowInSeconds)
		require.Equal(t, in.FunctionResponseTypes, got.FunctionResponseTypes)
		require.Equal(t, in.DestinationConfig, got.DestinationConfig)
		require.Equal(t, in.FilterCriteria, got.FilterCriteria)
		require.Equal(t, in.KMSKeyArn, got.KMSKeyArn)
		require.Equal(t, in.MetricsConfig, got.MetricsConfig)
		tags, err := r.ListTags(r.ctx, &lambda.ListTagsInput{Resource: out.EventSourceMappingArn})
		require.NoError(t, err)
		require.Equal(t, in.Tags, tags.Tags)
	})
	t.Run("1.3 Creating, Disabled", func(t *testing.T) {
		r := open(t, lasting(time.Second))
		r.function("ingest")
		in := mappingOf("ingest")
		in.Enabled = aws.Bool(false)
		out, err := r.CreateEventSourceMapping(r.ctx, in)
		require.NoError(t, err)
		require.Equal(t, "Creating", *out.State)
		r.clock.Step(time.Second)
		require.Equal(t, "Disabled", r.state(out.UUID))
	})
	t.Run("1.1 names of functions", testFunctionNames)
	t.Run("1.1 refusals", testCreateRefusals)
	t.Run("a function that is registered otherwise", func(t *testing.T) {
		r := open(t)
		r.runtime.known["ingest"] = true
		require.Equal(t, "Enabled", r.state(r.ingest().UUID))
		_, err := r.CreateEventSourceMapping(r.ctx, mappingOf("ingest:1"))
		requireError(t, err, codeParameter, "Function does not exist")
	})
	t.Run("over a restart", func(t *testing.T) {
		r := open(t, lasting(time.Second))
		out := r.ingest()
		r.restart()
		require.Equal(t, "Creating", r.state(out.UUID))
		r.clock.Step(time.Second)
		require.Equal(t, "Enabled", r.state(out.UUID))
		r.restart()
		require.Equal(t, "Enabled", r.state(out.UUID))
		_, err := r.CreateEventSourceMapping(r.ctx, mappingOf("ingest"))
		require.Equal(t, codeConflict, codeOf(err))
	})
}

func everything() *lambda.CreateEventSourceMappingInput {
	return &lambda.CreateEventSourceMappingInput{
		FunctionName: aws.String("ingest"), EventSourceArn: aws.String(ordersARN + "/consumer/a:1"), Enabled: aws.Bool(false),
		BatchSize: aws.Int32(10000), MaximumBatchingWindowInSeconds: aws.Int32(300), ParallelizationFactor: aws.Int32(10),
		StartingPosition: types.EventSourcePositionAtTimestamp, StartingPositionTimestamp: aws.Time(testStart().Add(-time.Hour)),
		MaximumRecordAgeInSeconds: aws.Int32(60), MaximumRetryAttempts: aws.Int32(0), BisectBatchOnFunctionError: aws.Bool(true),
		TumblingWindowInSeconds: aws.Int32(900), FunctionResponseTypes: []types.FunctionResponseType{"ReportBatchItemFailures"},
		DestinationConfig: &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: aws.String("arn:aws:sqs:eu-west-1:000000000000:dead")}},
		FilterCriteria:    &types.FilterCriteria{Filters: []types.Filter{{Pattern: aws.String(`{"data":{"a":[1]}}`)}}},
		KMSKeyArn:         aws.String("arn:aws:kms:eu-west-1:000000000000:key/k"),
		MetricsConfig:     &types.EventSourceMappingMetricsConfig{Metrics: []types.EventSourceMappingMetric{"EventCount"}},
		Tags:              map[string]string{"team": "a"},
	}
}

func testFunctionNames(t *testing.T) {
	r := open(t)
	r.function("ingest")
	_, err := r.PublishVersion(r.ctx, &lambda.PublishVersionInput{FunctionName: aws.String("ingest")})
	require.NoError(t, err)
	_, err = r.CreateAlias(r.ctx, &lambda.CreateAliasInput{FunctionName: aws.String("ingest"), Name: aws.String("live"), FunctionVersion: aws.String("1")})
	require.NoError(t, err)
	for given, shown := range map[string]string{
		"ingest":                                 ingestARN,
		"ingest:live":                            ingestARN + ":live",
		"ingest:1":                               ingestARN + ":1",
		"ingest:$LATEST":                         ingestARN + ":$LATEST",
		"000000000000:function:ingest":           ingestARN,
		"000000000000:function:ingest:$LATEST":   ingestARN + ":$LATEST",
		"000000000000:ingest":                    ingestARN,
		"eu-west-1:000000000000:function:ingest": ingestARN,
		"function:ingest:live":                   ingestARN + ":live",
		ingestARN:                                ingestARN,
		ingestARN + ":live":                      ingestARN + ":live",
	} {
		out, err := r.CreateEventSourceMapping(r.ctx, mappingOf(given))
		require.NoError(t, err, given)
		require.Equal(t, shown, *out.FunctionArn, given)
		_, err = r.DeleteEventSourceMapping(r.ctx, &lambda.DeleteEventSourceMappingInput{UUID: out.UUID})
		require.NoError(t, err)
	}
	_, err = r.CreateEventSourceMapping(r.ctx, mappingOf(strings.Replace(ingestARN, "eu-west-1", "us-east-2", 1)))
	requireError(t, err, codeMissing, "Functions from 'us-east-2' are not reachable in this region ('eu-west-1')")
}

func testCreateRefusals(t *testing.T) {
	const twice = `The event source arn (" arn:aws:kinesis:eu-west-1:000000000000:stream/orders ") and function (" ingest ") provided mapping already exists. Please update or delete the existing mapping with UUID `
	destination := func(arn string) func(*lambda.CreateEventSourceMappingInput) {
		return func(in *lambda.CreateEventSourceMappingInput) {
			in.DestinationConfig = &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: &arn}}
		}
	}
	const wrongWay = " it must be the ARN of a standard SQS queue, a standard SNS topic or an S3 bucket."
	for _, c := range []struct {
		name   string
		change func(in *lambda.CreateEventSourceMappingInput)
		text   string
	}{
		{"no source", func(in *lambda.CreateEventSourceMappingInput) { in.EventSourceArn = nil }, "Unrecognized event source."},
		{"unknown function", func(in *lambda.CreateEventSourceMappingInput) { in.FunctionName = aws.String("nobody") }, "Function does not exist"},
		{"unknown alias", func(in *lambda.CreateEventSourceMappingInput) { in.FunctionName = aws.String("ingest:x") }, "Function does not exist"},
		{"unknown stream", func(in *lambda.CreateEventSourceMappingInput) { in.EventSourceArn = aws.String(ordersARN + "2") },
			"Stream not found: arn:aws:kinesis:eu-west-1:000000000000:stream/orders2"},
		{"unknown consumer", func(in *lambda.CreateEventSourceMappingInput) {
			in.EventSourceArn = aws.String(ordersARN + "/consumer/a:2")
		},
			"Stream not found: arn:aws:kinesis:eu-west-1:000000000000:stream/orders/consumer/a:2"},
		{"stream of another region", func(in *lambda.CreateEventSourceMappingInput) {
			in.EventSourceArn = aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/orders")
		}, "Stream not found: arn:aws:kinesis:us-east-1:000000000000:stream/orders"},
		{"no stream", func(in *lambda.CreateEventSourceMappingInput) {
			in.EventSourceArn = aws.String("arn:aws:sqs:eu-west-1:000000000000:q")
		},
			"Unrecognized event source, must be kinesis. Unsupported source arn : arn:aws:sqs:eu-west-1:000000000000:q"},
		{"no starting position", func(in *lambda.CreateEventSourceMappingInput) { in.StartingPosition = "" },
			"1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null."},
		{"OnSuccess", func(in *lambda.CreateEventSourceMappingInput) {
			in.DestinationConfig = &types.DestinationConfig{OnSuccess: &types.OnSuccess{Destination: aws.String("arn:aws:sqs:eu-west-1:000000000000:q")}}
		}, "Unsupported DestinationConfig parameter for given event source mapping type."},
		{"filter", func(in *lambda.CreateEventSourceMappingInput) {
			in.FilterCriteria = &types.FilterCriteria{Filters: []types.Filter{{Pattern: aws.String("simple string")}}}
		}, "Invalid filter pattern definition."},
		{"filter over text", func(in *lambda.CreateEventSourceMappingInput) {
			in.FilterCriteria = &types.FilterCriteria{Filters: []types.Filter{{Pattern: aws.String(`{"data":["x"]}`)}}}
		}, "Invalid filter pattern definition."},
		{"11 filters", func(in *lambda.CreateEventSourceMappingInput) {
			in.FilterCriteria = &types.FilterCriteria{Filters: make([]types.Filter, 11)}
		}, "An event source mapping has at most 10 filters."},
		{"timestamp missing", func(in *lambda.CreateEventSourceMappingInput) {
			in.StartingPosition = types.EventSourcePositionAtTimestamp
		},
			"StartingPositionTimestamp must be given with StartingPosition AT_TIMESTAMP."},
		{"timestamp unasked", func(in *lambda.CreateEventSourceMappingInput) { in.StartingPositionTimestamp = aws.Time(testStart()) },
			"StartingPositionTimestamp goes with StartingPosition AT_TIMESTAMP only."},
		{"timestamp to come", func(in *lambda.CreateEventSourceMappingInput) {
			in.StartingPosition, in.StartingPositionTimestamp = types.EventSourcePositionAtTimestamp, aws.Time(testStart().Add(time.Second))
		}, "StartingPositionTimestamp must not be in the future."},
		{"record age 0", func(in *lambda.CreateEventSourceMappingInput) { in.MaximumRecordAgeInSeconds = aws.Int32(0) },
			"MaximumRecordAgeInSeconds must be -1 or between 60 and 604800, not 0."},
		{"record age 59", func(in *lambda.CreateEventSourceMappingInput) { in.MaximumRecordAgeInSeconds = aws.Int32(59) },
			"MaximumRecordAgeInSeconds must be -1 or between 60 and 604800, not 59."},
		{"FIFO queue", destination("arn:aws:sqs:eu-west-1:000000000000:q.fifo"), "Invalid on-failure destination arn:aws:sqs:eu-west-1:000000000000:q.fifo:" + wrongWay},
		{"a function", destination(ingestARN), "Invalid on-failure destination " + ingestARN + ":" + wrongWay},
		{"a topic of Kafka", destination("kafka://t"), "Invalid on-failure destination kafka://t:" + wrongWay},
		{"metrics of Kafka", func(in *lambda.CreateEventSourceMappingInput) {
			in.MetricsConfig = &types.EventSourceMappingMetricsConfig{Metrics: []types.EventSourceMappingMetric{"KafkaMetrics"}}
		}, "Unsupported metric KafkaMetrics for given event source mapping type."},
		{"51 tags", func(in *lambda.CreateEventSourceMappingInput) { in.Tags = someTags(51) }, "Number of tags exceeds resource tag limit."},
		{"Queues", func(in *lambda.CreateEventSourceMappingInput) { in.Queues = []string{"q"} }, unsupported("Queues")},
		{"Topics", func(in *lambda.CreateEventSourceMappingInput) { in.Topics = []string{"q"} }, unsupported("Topics")},
		{"ScalingConfig", func(in *lambda.CreateEventSourceMappingInput) { in.ScalingConfig = &types.ScalingConfig{} }, unsupported("ScalingConfig")},
		{"ProvisionedPollerConfig", func(in *lambda.CreateEventSourceMappingInput) {
			in.ProvisionedPollerConfig = &types.ProvisionedPollerConfig{}
		}, unsupported("ProvisionedPollerConfig")},
		{"LoggingConfig", func(in *lambda.CreateEventSourceMappingInput) {
			in.LoggingConfig = &types.EventSourceMappingLoggingConfig{}
		}, unsupported("LoggingConfig")},
		{"SelfManagedEventSource", func(in *lambda.CreateEventSourceMappingInput) {
			in.SelfManagedEventSource = &types.SelfManagedEventSource{}
		},
			unsupported("SelfManagedEventSource")},
		{"SourceAccessConfigurations", func(in *lambda.CreateEventSourceMappingInput) {
			in.SourceAccessConfigurations = []types.SourceAccessConfiguration{}
		}, unsupported("SourceAccessConfigurations")},
		{"DocumentDBEventSourceConfig", func(in *lambda.CreateEventSourceMappingInput) {
			in.DocumentDBEventSourceConfig = &types.DocumentDBEventSourceConfig{}
		}, unsupported("DocumentDBEventSourceConfig")},
		{"AmazonManagedKafkaEventSourceConfig", func(in *lambda.CreateEventSourceMappingInput) {
			in.AmazonManagedKafkaEventSourceConfig = &types.AmazonManagedKafkaEventSourceConfig{}
		}, unsupported("AmazonManagedKafkaEventSourceConfig")},
		{"SelfManagedKafkaEventSourceConfig", func(in *lambda.CreateEventSourceMappingInput) {
			in.SelfManagedKafkaEventSourceConfig = &types.SelfManagedKafkaEventSourceConfig{}
		}, unsupported("SelfManagedKafkaEventSourceConfig")},
	} {
		t.Run("1.1 "+c.name, func(t *testing.T) {
			r := open(t)
			r.function("ingest")
			in := mappingOf("ingest")
			c.change(in)
			_, err := r.CreateEventSourceMapping(r.ctx, in)
			requireError(t, err, codeParameter, c.text)
			list, err := r.ListEventSourceMappings(r.ctx, &lambda.ListEventSourceMappingsInput{})
			require.NoError(t, err)
			require.Empty(t, list.EventSourceMappings, "nothing was changed")
		})
	}
	t.Run("1.1 same function and source again", func(t *testing.T) {
		r := open(t)
		first := r.ingest()
		_, err := r.CreateEventSourceMapping(r.ctx, mappingOf("ingest"))
		requireError(t, err, codeConflict, twice+*first.UUID)
		_, err = r.CreateEventSourceMapping(r.ctx, mappingOf(ingestARN))
		requireError(t, err, codeConflict, twice+*first.UUID)
		other := mappingOf("ingest")
		other.EventSourceArn = aws.String("arn:aws:kinesis:eu-west-1:000000000000:stream/trades")
		_, err = r.CreateEventSourceMapping(r.ctx, other)
		require.NoError(t, err)
	})
	t.Run("an empty destination is none", func(t *testing.T) {
		r := open(t)
		r.function("ingest")
		in := mappingOf("ingest")
		destination("")(in)
		out, err := r.CreateEventSourceMapping(r.ctx, in)
		require.NoError(t, err)
		require.Equal(t, &types.DestinationConfig{OnFailure: &types.OnFailure{}}, out.DestinationConfig)
	})
}

func unsupported(member string) string {
	return "Unsupported " + member + " parameter for given event source mapping type."
}
