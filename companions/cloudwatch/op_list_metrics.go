package cloudwatch

import (
	"context"
	"encoding/base64"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

const metricsPerPage = 500

// ListMetrics lists what was reported.
//
// State: real
// Notes: filters by namespace, name and dimensions; pages
// Test: TestListMetrics
func (m *Metrics) ListMetrics(ctx context.Context, in *cloudwatch.ListMetricsInput, _ ...opt) (*cloudwatch.ListMetricsOutput, error) {
	after, err := base64.RawURLEncoding.DecodeString(aws.ToString(in.NextToken))
	if err != nil {
		return nil, errBadValue("Invalid nextToken")
	}
	account, region := m.caller(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	out := &cloudwatch.ListMetricsOutput{Metrics: []types.Metric{}}
	last := ""
	for _, key := range slices.Sorted(maps.Keys(m.series)) {
		s := m.series[key]
		if key <= string(after) || s.account != account || s.region != region || !s.passes(in) {
			continue
		}
		if len(out.Metrics) == metricsPerPage {
			out.NextToken = aws.String(base64.RawURLEncoding.EncodeToString([]byte(last)))
			break
		}
		out.Metrics = append(out.Metrics, types.Metric{Namespace: aws.String(s.namespace), MetricName: aws.String(s.name), Dimensions: s.dimensions})
		last = key
	}
	return out, nil
}

func (s *series) passes(in *cloudwatch.ListMetricsInput) bool {
	if in.Namespace != nil && *in.Namespace != s.namespace || in.MetricName != nil && *in.MetricName != s.name {
		return false
	}
	for _, f := range in.Dimensions {
		if !slices.ContainsFunc(s.dimensions, func(d types.Dimension) bool {
			return *d.Name == *f.Name && (f.Value == nil || *f.Value == *d.Value)
		}) {
			return false
		}
	}
	return true
}
