package cloudwatch

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

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
