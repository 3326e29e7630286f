package cloudwatch

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
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

func TestPutMetricData(t *testing.T) {
	m, _ := room()
	put(t, m,
		types.MetricDatum{MetricName: aws.String("a"), Value: aws.Float64(3), Unit: types.StandardUnitCount},
		types.MetricDatum{MetricName: aws.String("a"), Values: []float64{1, 5}, Counts: []float64{2, 1}, Unit: types.StandardUnitCount},
		types.MetricDatum{MetricName: aws.String("a"), Unit: types.StandardUnitCount, Timestamp: aws.Time(start.Add(-time.Minute)),
			StatisticValues: &types.StatisticSet{SampleCount: aws.Float64(4), Sum: aws.Float64(10), Minimum: aws.Float64(1), Maximum: aws.Float64(4)}},
		types.MetricDatum{MetricName: aws.String("b"), Value: aws.Float64(1), Dimensions: []types.Dimension{dimension("y", "2"), dimension("x", "1")}})
	require.Equal(t, []string{"11:59 4 2.5 10 1 4 Count", "12:00 4 2.5 10 1 5 Count"}, statistics(t, m, "a", 60))
	require.Equal(t, []string{"12:00 1 1 1 1 1 None"}, statistics(t, m, "b", 60, dimension("x", "1"), dimension("y", "2")))
	require.Empty(t, statistics(t, m, "b", 60), "dimensions are part of what a metric is")

	for text, data := range map[string][]types.MetricDatum{
		"The parameter MetricData is required.":                             nil,
		"The parameter MetricData.member.1.Value is required.":              {{MetricName: aws.String("a")}},
		"The value NaN for parameter MetricData.member.1.Value is invalid.": {{MetricName: aws.String("a"), Value: aws.Float64(math.NaN())}},
		"The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size.": {
			{MetricName: aws.String("a"), Values: []float64{1}, Counts: []float64{}}},
		"The collection MetricData must not have a size greater than 1000.": make([]types.MetricDatum, 1001),
		"The parameters MetricData.member.1.Value and MetricData.member.1.StatisticValues are mutually exclusive and you have specified both.": {
			{MetricName: aws.String("a"), Value: aws.Float64(1), StatisticValues: &types.StatisticSet{}}},
	} {
		_, err := m.PutMetricData(t.Context(), &cloudwatch.PutMetricDataInput{Namespace: aws.String("app"), MetricData: data})
		require.ErrorContains(t, err, text)
	}
}

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

func TestListMetrics(t *testing.T) {
	m, _ := room()
	for i := range 700 {
		put(t, m, types.MetricDatum{MetricName: aws.String(fmt.Sprintf("m%03d", i)), Value: aws.Float64(1), Dimensions: []types.Dimension{dimension("n", fmt.Sprint(i%2))}})
	}
	list := func(in *cloudwatch.ListMetricsInput) int {
		seen := 0
		for {
			out, err := m.ListMetrics(t.Context(), in)
			require.NoError(t, err)
			require.LessOrEqual(t, len(out.Metrics), 500)
			seen += len(out.Metrics)
			if in.NextToken = out.NextToken; in.NextToken == nil {
				return seen
			}
		}
	}
	require.Equal(t, 700, list(&cloudwatch.ListMetricsInput{}))
	require.Equal(t, 0, list(&cloudwatch.ListMetricsInput{Namespace: aws.String("other")}))
	require.Equal(t, 1, list(&cloudwatch.ListMetricsInput{MetricName: aws.String("m007")}))
	require.Equal(t, 350, list(&cloudwatch.ListMetricsInput{Dimensions: []types.DimensionFilter{{Name: aws.String("n"), Value: aws.String("1")}}}))
	other := caller.With(t.Context(), caller.Caller{Account: "111111111111", Region: "us-east-1"})
	out, err := m.ListMetrics(other, &cloudwatch.ListMetricsInput{})
	require.NoError(t, err)
	require.Empty(t, out.Metrics)
	_, err = m.ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{NextToken: aws.String("%")})
	require.ErrorContains(t, err, "Invalid nextToken")
	removed, err := m.Reset(t.Context(), "", "eu-west-1")
	require.NoError(t, err)
	require.Zero(t, removed)
	removed, err = m.Reset(t.Context(), "", "")
	require.NoError(t, err)
	require.Equal(t, 700, removed)
}

func TestGetMetricData(t *testing.T) {
	m, c := room()
	for i := range 3 {
		put(t, m, types.MetricDatum{MetricName: aws.String("a"), Value: aws.Float64(float64(i))})
		c.Step(time.Minute)
	}
	query := types.MetricDataQuery{Id: aws.String("q"), MetricStat: &types.MetricStat{
		Metric: &types.Metric{Namespace: aws.String("app"), MetricName: aws.String("a")}, Period: aws.Int32(60), Stat: aws.String("Sum")}}
	in := &cloudwatch.GetMetricDataInput{StartTime: aws.Time(start), EndTime: aws.Time(start.Add(time.Hour)), MetricDataQueries: []types.MetricDataQuery{query}}
	out, err := m.GetMetricData(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, []float64{2, 1, 0}, out.MetricDataResults[0].Values, "newest first")
	in.ScanBy = types.ScanByTimestampAscending
	out, err = m.GetMetricData(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, []float64{0, 1, 2}, out.MetricDataResults[0].Values)
	in.MetricDataQueries = []types.MetricDataQuery{{Id: aws.String("e")}}
	_, err = m.GetMetricData(t.Context(), in)
	require.ErrorContains(t, err, "Expressions are beyond")
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
