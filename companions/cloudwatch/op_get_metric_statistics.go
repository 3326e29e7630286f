package cloudwatch

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// maxDatapoints is what one answer holds.
const maxDatapoints = 1440

// GetMetricStatistics gives a metric back by periods of whole minutes, oldest
// first.
//
// State: real
// Notes: the five statistics, no percentiles
// Test: TestGetMetricStatistics
func (m *Metrics) GetMetricStatistics(ctx context.Context, in *cloudwatch.GetMetricStatisticsInput, _ ...opt) (*cloudwatch.GetMetricStatisticsOutput, error) {
	period, err := checkRange(in.StartTime, in.EndTime, in.Period)
	switch {
	case err != nil:
		return nil, err
	case len(in.ExtendedStatistics) > 0:
		return nil, errBadValue("ExtendedStatistics are beyond the metrics that Sluice keeps.")
	case len(in.Statistics) == 0:
		return nil, errTogether("Must specify either Statistics or ExtendedStatistics")
	}
	if points := int64(in.EndTime.Sub(*in.StartTime) / period); points > maxDatapoints {
		return nil, errTogether("You have requested up to %d datapoints, which exceeds the limit of %d. "+
			"You may reduce the datapoints requested by increasing Period, or decreasing the time range.", points, maxDatapoints)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	out := &cloudwatch.GetMetricStatisticsOutput{Label: in.MetricName, Datapoints: []types.Datapoint{}}
	for _, s := range m.find(ctx, *in.Namespace, *in.MetricName, in.Dimensions, in.Unit) {
		for _, x := range s.periods(*in.StartTime, *in.EndTime, period) {
			out.Datapoints = append(out.Datapoints, x.datapoint(in.Statistics, s.unit))
		}
	}
	return out, nil
}

func (m minute) datapoint(asked []types.Statistic, unit types.StandardUnit) types.Datapoint {
	d := types.Datapoint{Timestamp: aws.Time(time.Unix(m.at*60, 0).UTC()), Unit: unit}
	for _, name := range asked {
		v, _ := m.statistic(string(name))
		switch name {
		case types.StatisticSampleCount:
			d.SampleCount = &v
		case types.StatisticSum:
			d.Sum = &v
		case types.StatisticMinimum:
			d.Minimum = &v
		case types.StatisticMaximum:
			d.Maximum = &v
		case types.StatisticAverage:
			d.Average = &v
		}
	}
	return d
}

// checkRange checks the times and the period of a question.
func checkRange(start, end *time.Time, period *int32) (time.Duration, error) {
	if !start.Before(*end) {
		return 0, errBadValue("The parameter StartTime must be less than the parameter EndTime.")
	}
	if *period%60 != 0 {
		return 0, errBadValue("The value %d for parameter Period is invalid. It must be a multiple of 60, as Sluice keeps minutes.", *period)
	}
	return time.Duration(*period) * time.Second, nil
}
