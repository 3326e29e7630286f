package lambda

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"sluice/internal/arn"
	"sluice/internal/caller"
	"sluice/lambda/filter"
)

// wish is what a caller asks of a mapping, by creating or updating it; nil
// members say nothing.
type wish struct {
	Function    *string
	Enabled     *bool
	BatchSize   *int32
	Window      *int32
	Factor      *int32
	Retry       *int32
	RecordAge   *int32
	Tumbling    *int32
	Bisect      *bool
	Responses   []types.FunctionResponseType
	Destination *types.DestinationConfig
	Filter      *types.FilterCriteria
	KMSKey      *string
	Metrics     *types.EventSourceMappingMetricsConfig
}

func wishOfCreate(in *lambda.CreateEventSourceMappingInput) wish {
	return wish{Function: in.FunctionName, Enabled: in.Enabled, BatchSize: in.BatchSize, Window: in.MaximumBatchingWindowInSeconds,
		Factor: in.ParallelizationFactor, Retry: in.MaximumRetryAttempts, RecordAge: in.MaximumRecordAgeInSeconds,
		Tumbling: in.TumblingWindowInSeconds, Bisect: in.BisectBatchOnFunctionError, Responses: in.FunctionResponseTypes,
		Destination: in.DestinationConfig, Filter: in.FilterCriteria, KMSKey: in.KMSKeyArn, Metrics: in.MetricsConfig}
}

func wishOfUpdate(in *lambda.UpdateEventSourceMappingInput) wish {
	return wish{Function: in.FunctionName, Enabled: in.Enabled, BatchSize: in.BatchSize, Window: in.MaximumBatchingWindowInSeconds,
		Factor: in.ParallelizationFactor, Retry: in.MaximumRetryAttempts, RecordAge: in.MaximumRecordAgeInSeconds,
		Tumbling: in.TumblingWindowInSeconds, Bisect: in.BisectBatchOnFunctionError, Responses: in.FunctionResponseTypes,
		Destination: in.DestinationConfig, Filter: in.FilterCriteria, KMSKey: in.KMSKeyArn, Metrics: in.MetricsConfig}
}

// refuseForeign refuses what belongs to sources other than Kinesis.
func refuseForeign(members map[string]bool) error {
	for _, name := range slices.Sorted(keysOf(members)) {
		if members[name] {
			return errUnsupported(name)
		}
	}
	return nil
}

func foreignOfCreate(in *lambda.CreateEventSourceMappingInput) map[string]bool {
	return map[string]bool{
		"Queues": in.Queues != nil, "Topics": in.Topics != nil, "ScalingConfig": in.ScalingConfig != nil,
		"ProvisionedPollerConfig": in.ProvisionedPollerConfig != nil, "LoggingConfig": in.LoggingConfig != nil,
		"SourceAccessConfigurations": in.SourceAccessConfigurations != nil, "SelfManagedEventSource": in.SelfManagedEventSource != nil,
		"SelfManagedKafkaEventSourceConfig":   in.SelfManagedKafkaEventSourceConfig != nil,
		"AmazonManagedKafkaEventSourceConfig": in.AmazonManagedKafkaEventSourceConfig != nil,
		"DocumentDBEventSourceConfig":         in.DocumentDBEventSourceConfig != nil,
	}
}

func foreignOfUpdate(in *lambda.UpdateEventSourceMappingInput) map[string]bool {
	return map[string]bool{
		"ScalingConfig": in.ScalingConfig != nil, "ProvisionedPollerConfig": in.ProvisionedPollerConfig != nil,
		"LoggingConfig": in.LoggingConfig != nil, "SourceAccessConfigurations": in.SourceAccessConfigurations != nil,
		"SelfManagedKafkaEventSourceConfig":   in.SelfManagedKafkaEventSourceConfig != nil,
		"AmazonManagedKafkaEventSourceConfig": in.AmazonManagedKafkaEventSourceConfig != nil,
		"DocumentDBEventSourceConfig":         in.DocumentDBEventSourceConfig != nil,
	}
}

// grant checks a wish and applies it to settings. The function must be there.
func (r *Room) grant(ctx context.Context, w wish, s settings) (settings, error) {
	if err := w.destination(&s); err != nil {
		return s, err
	}
	if w.Function != nil {
		f, err := r.parseReference(ctx, *w.Function, nil)
		if err != nil {
			return s, err
		}
		if !r.isFunction(f) {
			return s, errNoFunctionToMap()
		}
		s.Function, s.Qualifier = f.Key, f.Qualifier
	}
	for _, check := range []func(*settings) error{w.recordAge, w.filters, w.metrics} {
		if err := check(&s); err != nil {
			return s, err
		}
	}
	give(&s.Enabled, w.Enabled)
	give(&s.BatchSize, w.BatchSize)
	give(&s.WindowSeconds, w.Window)
	give(&s.Factor, w.Factor)
	give(&s.RetryAttempts, w.Retry)
	give(&s.TumblingSeconds, w.Tumbling)
	give(&s.Bisect, w.Bisect)
	give(&s.KMSKey, w.KMSKey)
	if w.Responses != nil {
		s.Report = len(w.Responses) > 0
	}
	return s, nil
}

func give[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}

func (w *wish) recordAge(s *settings) error {
	if w.RecordAge != nil && *w.RecordAge >= 0 && *w.RecordAge < 60 {
		return errRecordAge(*w.RecordAge)
	}
	give(&s.RecordAgeSeconds, w.RecordAge)
	return nil
}

func (w *wish) filters(s *settings) error {
	if w.Filter == nil {
		return nil
	}
	s.Filters = nil
	if len(w.Filter.Filters) > filtersMax {
		return errFilterCount()
	}
	for _, f := range w.Filter.Filters {
		s.Filters = append(s.Filters, aws.ToString(f.Pattern))
	}
	if _, err := filter.Compile(s.Filters); err != nil {
		return errPattern()
	}
	return nil
}

func (w *wish) metrics(s *settings) error {
	if w.Metrics == nil {
		return nil
	}
	s.Metrics, s.MetricsGiven = nil, true
	for _, m := range w.Metrics.Metrics {
		if m != types.EventSourceMappingMetricEventCount {
			return errMetric(string(m))
		}
		s.Metrics = append(s.Metrics, string(m))
	}
	return nil
}

// destination checks where failures go. An empty ARN, or none, clears it.
func (w *wish) destination(s *settings) error {
	if w.Destination == nil {
		return nil
	}
	if w.Destination.OnSuccess != nil && aws.ToString(w.Destination.OnSuccess.Destination) != "" {
		return errUnsupported("DestinationConfig")
	}
	s.OnFailure = ""
	if w.Destination.OnFailure == nil {
		return nil
	}
	to := aws.ToString(w.Destination.OnFailure.Destination)
	if to != "" && !isDestination(to) {
		return errDestination(to)
	}
	s.OnFailure = to
	return nil
}

func isDestination(text string) bool {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[5] == "" {
		return false
	}
	switch parts[2] {
	case "s3":
		return true
	case "sqs", "sns":
		return parts[3] != "" && parts[4] != "" && !strings.HasSuffix(text, ".fifo")
	}
	return false
}

// checkSource finds the stream or consumer of a new mapping. Who calls too
// often is not told that a stream is missing.
func (r *Room) checkSource(ctx context.Context, text string) error {
	source, err := arn.Parse(text)
	if err != nil || source.Kind == arn.Channel {
		return errForeignSource(text)
	}
	who := r.caller(ctx)
	if source.Account != who.Account || source.Region != who.Region {
		return errNoStream(text)
	}
	ctx = caller.With(ctx, caller.Caller{Account: who.Account, Region: who.Region, RequestID: r.config.Dice.UUID().String()})
	if source.Kind == arn.Consumer {
		_, err = r.config.Streams.DescribeStreamConsumer(ctx, &kinesis.DescribeStreamConsumerInput{ConsumerARN: &text})
	} else {
		_, err = r.config.Streams.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamARN: &text})
	}
	var none *kinesistypes.ResourceNotFoundException
	if errors.As(err, &none) {
		return errNoStream(text)
	}
	return nil
}
