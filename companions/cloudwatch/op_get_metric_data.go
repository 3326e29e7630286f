package cloudwatch

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// maxQueries is how many one request can hold.
const maxQueries = 500

// GetMetricData gives several metrics back, each by one statistic.
//
// State: real
// Notes: metrics, no expressions; all on one page
// Test: TestGetMetricData
func (m *Metrics) GetMetricData(ctx context.Context, in *cloudwatch.GetMetricDataInput, _ ...opt) (*cloudwatch.GetMetricDataOutput, error) {
	if len(in.MetricDataQueries) > maxQueries {
		return nil, errBadValue("The collection MetricDataQueries must not have a size greater than %d.", maxQueries)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	out := &cloudwatch.GetMetricDataOutput{MetricDataResults: []types.MetricDataResult{}}
	for _, q := range in.MetricDataQueries {
		if q.MetricStat == nil {
			return nil, errBadValue("Expressions are beyond the metrics that Sluice keeps: query %s has no MetricStat.", *q.Id)
		}
		result, err := m.answer(ctx, in, &q)
		if err != nil {
			return nil, err
		}
		if q.ReturnData == nil || *q.ReturnData {
			out.MetricDataResults = append(out.MetricDataResults, result)
		}
	}
	return out, nil
}

func (m *Metrics) answer(ctx context.Context, in *cloudwatch.GetMetricDataInput, q *types.MetricDataQuery) (types.MetricDataResult, error) {
	stat := q.MetricStat
	result := types.MetricDataResult{Id: q.Id, Label: q.Label, StatusCode: types.StatusCodeComplete, Timestamps: []time.Time{}, Values: []float64{}}
	if stat.Metric.Namespace == nil || stat.Metric.MetricName == nil {
		return result, errMissing("MetricStat.Metric.MetricName")
	}
	period, err := checkRange(in.StartTime, in.EndTime, stat.Period)
	if err != nil {
		return result, err
	}
	if _, ok := (minute{}).statistic(*stat.Stat); !ok {
		return result, errBadValue("The value %s for parameter MetricDataQueries.member.1.MetricStat.Stat is invalid.", *stat.Stat)
	}
	if result.Label == nil {
		result.Label = stat.Metric.MetricName
	}
	for _, s := range m.find(ctx, *stat.Metric.Namespace, *stat.Metric.MetricName, stat.Metric.Dimensions, stat.Unit) {
		for _, x := range s.periods(*in.StartTime, *in.EndTime, period) {
			v, _ := x.statistic(*stat.Stat)
			result.Timestamps = append(result.Timestamps, time.Unix(x.at*60, 0).UTC())
			result.Values = append(result.Values, v)
		}
	}
	if in.ScanBy != types.ScanByTimestampAscending {
		slices.Reverse(result.Timestamps)
		slices.Reverse(result.Values)
	}
	return result, nil
}
