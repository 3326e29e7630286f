package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// DisableEnhancedMonitoring turns shard-level metrics off; ALL means every one.
// It answers with those that were on before and those that are from now on.
// The stream is UPDATING for its transition.
//
// State: stored
// Notes: kept and listed; no metrics are published
// Test: TestEnhancedMonitoring
func (s *Streams) DisableEnhancedMonitoring(ctx context.Context, in *kinesis.DisableEnhancedMonitoringInput, _ ...opt) (*kinesis.DisableEnhancedMonitoringOutput, error) {
	if err := s.admitCall(ctx, "DisableEnhancedMonitoring", commonCalls, in.StreamName, in.StreamARN); err != nil {
		return nil, err
	}
	m, err := s.monitor(ctx, in.StreamName, in.StreamARN, func(metric types.MetricsName, on bool) bool {
		return on && !names(in.ShardLevelMetrics, metric)
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.DisableEnhancedMonitoringOutput{
		StreamName: aws.String(m.key.name), StreamARN: aws.String(m.key.arn().String()),
		CurrentShardLevelMetrics: m.before, DesiredShardLevelMetrics: m.after,
	}, nil
}
