package shards

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// EnableEnhancedMonitoring turns shard-level metrics on; ALL means the seven.
// It answers with those that were on before and those that are from now on.
// The stream is UPDATING for its transition.
//
// Deviation: metrics are listed as the API lists them; the service's order is
// arbitrary. They are not published anywhere.
//
// State: stored
// Notes: kept and listed; no metrics are published
// Test: TestEnhancedMonitoring
func (s *Streams) EnableEnhancedMonitoring(ctx context.Context, in *kinesis.EnableEnhancedMonitoringInput, _ ...opt) (*kinesis.EnableEnhancedMonitoringOutput, error) {
	if err := s.admitCall(ctx, "EnableEnhancedMonitoring", commonCalls, in.StreamName, in.StreamARN); err != nil {
		return nil, err
	}
	m, err := s.monitor(ctx, in.StreamName, in.StreamARN, func(metric types.MetricsName, on bool) bool {
		return on || names(in.ShardLevelMetrics, metric)
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.EnableEnhancedMonitoringOutput{
		StreamName: aws.String(m.key.name), StreamARN: aws.String(m.key.arn().String()),
		CurrentShardLevelMetrics: m.before, DesiredShardLevelMetrics: m.after,
	}, nil
}

// shardMetrics are the metrics that ALL stands for.
func shardMetrics() []types.MetricsName {
	all := slices.Clone(types.MetricsName("").Values())
	return slices.DeleteFunc(all, func(m types.MetricsName) bool { return m == types.MetricsNameAll })
}

// names reports whether a list means a metric.
func names(list []types.MetricsName, metric types.MetricsName) bool {
	return slices.Contains(list, metric) || slices.Contains(list, types.MetricsNameAll)
}

// monitored is what a change of metrics came from and went to.
type monitored struct {
	key           streamKey
	before, after []types.MetricsName
}

// monitor decides for each metric whether it is on from now on.
func (s *Streams) monitor(ctx context.Context, name, arn *string, decide func(metric types.MetricsName, on bool) bool) (monitored, error) {
	st, err := s.resolve(ctx, name, arn)
	if err != nil {
		return monitored{}, err
	}
	m := monitored{key: st.key}
	err = s.change(ctx, st, func(v *view, now time.Time) (command, error) {
		if err := v.ready(st.key); err != nil {
			return nil, err
		}
		m.before, m.after = v.state.monitoring()[0].ShardLevelMetrics, []types.MetricsName{}
		c := &setMetrics{Metrics: []string{}}
		for _, metric := range shardMetrics() {
			if decide(metric, slices.Contains(m.before, metric)) {
				m.after = append(m.after, metric)
				c.Metrics = append(c.Metrics, string(metric))
			}
		}
		return s.updating(now, c, nil)
	})
	return m, err
}
