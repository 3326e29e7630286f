package cloudwatch

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"
)

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
