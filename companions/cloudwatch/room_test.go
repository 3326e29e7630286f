package cloudwatch

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/clock"
)

var start = time.Date(2026, 3, 1, 12, 0, 30, 0, time.UTC)

func room() (*Metrics, *clock.Service) {
	c := clock.NewManual(start)
	return New(c, "000000000000", "us-east-1"), c
}

func dimension(name, value string) types.Dimension {
	return types.Dimension{Name: aws.String(name), Value: aws.String(value)}
}

func put(t *testing.T, m *Metrics, data ...types.MetricDatum) {
	t.Helper()
	_, err := m.PutMetricData(t.Context(), &cloudwatch.PutMetricDataInput{Namespace: aws.String("app"), MetricData: data})
	require.NoError(t, err)
}

func statistics(t *testing.T, m *Metrics, name string, period int32, dimensions ...types.Dimension) []string {
	t.Helper()
	out, err := m.GetMetricStatistics(t.Context(), &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String("app"), MetricName: &name, Dimensions: dimensions, Period: &period,
		StartTime: aws.Time(start.Add(-time.Hour)), EndTime: aws.Time(start.Add(time.Hour)), Statistics: types.StatisticSum.Values(),
	})
	require.NoError(t, err)
	texts := []string{}
	for _, d := range out.Datapoints {
		texts = append(texts, fmt.Sprint(d.Timestamp.Format("15:04"), " ", *d.SampleCount, " ", *d.Average, " ", *d.Sum, " ", *d.Minimum, " ", *d.Maximum, " ", d.Unit))
	}
	return texts
}

// TestBounds checks that memory stays bounded: by metrics and by minutes.
func TestBounds(t *testing.T) {
	m, c := room()
	for i := range maxSeries + 100 {
		put(t, m, types.MetricDatum{MetricName: aws.String(fmt.Sprint(i)), Value: aws.Float64(1)})
	}
	require.Len(t, m.series, maxSeries)
	require.Len(t, m.Samples(), maxSeries)
	require.Empty(t, statistics(t, m, "0", 60), "the one reported longest ago went")
	require.NotEmpty(t, statistics(t, m, fmt.Sprint(maxSeries+99), 60))
	for range 400 {
		c.Step(time.Minute)
		put(t, m, types.MetricDatum{MetricName: aws.String("one"), Value: aws.Float64(1)})
	}
	for _, s := range m.find(context.Background(), "app", "one", nil, "") {
		require.Len(t, s.minutes, keptMinutes)
	}
}
