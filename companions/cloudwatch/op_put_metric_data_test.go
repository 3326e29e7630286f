package cloudwatch

import (
	"math"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"
)

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
