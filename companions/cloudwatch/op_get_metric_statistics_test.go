package cloudwatch

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"
)

func TestGetMetricStatistics(t *testing.T) {
	m, c := room()
	for range 10 {
		put(t, m, types.MetricDatum{MetricName: aws.String("a"), Value: aws.Float64(1)})
		c.Step(time.Minute)
	}
	require.Equal(t, []string{"12:00 5 1 5 1 1 None", "12:05 5 1 5 1 1 None"}, statistics(t, m, "a", 300))
	in := &cloudwatch.GetMetricStatisticsInput{Namespace: aws.String("app"), MetricName: aws.String("a"), Period: aws.Int32(60),
		StartTime: aws.Time(start), EndTime: aws.Time(start.Add(time.Hour))}
	_, err := m.GetMetricStatistics(t.Context(), in)
	require.ErrorContains(t, err, "Must specify either Statistics or ExtendedStatistics")
	in.Statistics = []types.Statistic{types.StatisticSum}
	in.EndTime = aws.Time(start.Add(24 * 2 * time.Hour))
	_, err = m.GetMetricStatistics(t.Context(), in)
	require.ErrorContains(t, err, "You have requested up to 2880 datapoints, which exceeds the limit of 1440.")
	in.EndTime = in.StartTime
	_, err = m.GetMetricStatistics(t.Context(), in)
	require.ErrorContains(t, err, "The parameter StartTime must be less than the parameter EndTime.")
}
