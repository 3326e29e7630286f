package lambda

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// userAction is why a mapping of a stream is in its state.
const userAction = "User action"

// show is the mapping as clients see it. Settings that are yet to come do not
// show. m.mu is held.
func (m *mapping) show() *lambda.GetEventSourceMappingOutput {
	n, s := &m.now, &m.now.Settings
	out := &lambda.GetEventSourceMappingOutput{
		UUID:                           aws.String(m.key.UUID),
		EventSourceMappingArn:          aws.String(m.key.arn()),
		EventSourceArn:                 aws.String(n.Source),
		FunctionArn:                    aws.String(s.reference().arn()),
		BatchSize:                      aws.Int32(s.BatchSize),
		MaximumBatchingWindowInSeconds: aws.Int32(s.WindowSeconds),
		ParallelizationFactor:          aws.Int32(s.Factor),
		StartingPosition:               types.EventSourcePosition(n.StartingPosition),
		MaximumRecordAgeInSeconds:      aws.Int32(s.RecordAgeSeconds),
		MaximumRetryAttempts:           aws.Int32(s.RetryAttempts),
		BisectBatchOnFunctionError:     aws.Bool(s.Bisect),
		TumblingWindowInSeconds:        aws.Int32(s.TumblingSeconds),
		FunctionResponseTypes:          []types.FunctionResponseType{},
		DestinationConfig:              &types.DestinationConfig{OnFailure: &types.OnFailure{}},
		State:                          aws.String(n.State),
		StateTransitionReason:          aws.String(userAction),
		LastProcessingResult:           aws.String(m.result()),
		LastModified:                   aws.Time(timeOf(n.Modified)),
	}
	if n.StartingTimestamp != 0 {
		out.StartingPositionTimestamp = aws.Time(timeOf(n.StartingTimestamp))
	}
	s.showOptional(out)
	return out
}

func (s *settings) showOptional(out *lambda.GetEventSourceMappingOutput) {
	if s.Report {
		out.FunctionResponseTypes = []types.FunctionResponseType{types.FunctionResponseTypeReportBatchItemFailures}
	}
	if s.OnFailure != "" {
		out.DestinationConfig.OnFailure.Destination = aws.String(s.OnFailure)
	}
	if len(s.Filters) > 0 {
		out.FilterCriteria = &types.FilterCriteria{}
		for _, pattern := range s.Filters {
			out.FilterCriteria.Filters = append(out.FilterCriteria.Filters, types.Filter{Pattern: aws.String(pattern)})
		}
	}
	if s.KMSKey != "" {
		out.KMSKeyArn = aws.String(s.KMSKey)
	}
	if s.MetricsGiven {
		out.MetricsConfig = &types.EventSourceMappingMetricsConfig{Metrics: []types.EventSourceMappingMetric{}}
		for _, name := range s.Metrics {
			out.MetricsConfig.Metrics = append(out.MetricsConfig.Metrics, types.EventSourceMappingMetric(name))
		}
	}
}

// listed is the same for a list, whose elements have a type of their own.
func listed(o *lambda.GetEventSourceMappingOutput) types.EventSourceMappingConfiguration {
	return types.EventSourceMappingConfiguration{
		UUID: o.UUID, EventSourceMappingArn: o.EventSourceMappingArn, EventSourceArn: o.EventSourceArn, FunctionArn: o.FunctionArn,
		BatchSize: o.BatchSize, MaximumBatchingWindowInSeconds: o.MaximumBatchingWindowInSeconds,
		ParallelizationFactor: o.ParallelizationFactor, StartingPosition: o.StartingPosition,
		StartingPositionTimestamp: o.StartingPositionTimestamp, MaximumRecordAgeInSeconds: o.MaximumRecordAgeInSeconds,
		MaximumRetryAttempts: o.MaximumRetryAttempts, BisectBatchOnFunctionError: o.BisectBatchOnFunctionError,
		TumblingWindowInSeconds: o.TumblingWindowInSeconds, FunctionResponseTypes: o.FunctionResponseTypes,
		DestinationConfig: o.DestinationConfig, FilterCriteria: o.FilterCriteria, KMSKeyArn: o.KMSKeyArn,
		MetricsConfig: o.MetricsConfig, State: o.State, StateTransitionReason: o.StateTransitionReason,
		LastProcessingResult: o.LastProcessingResult, LastModified: o.LastModified,
	}
}
