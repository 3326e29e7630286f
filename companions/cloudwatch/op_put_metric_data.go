package cloudwatch

import (
	"context"
	"fmt"
	"math"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// What one request can hold.
const (
	maxData   = 1000
	maxValues = 150
)

// PutMetricData takes metrics, all of a request or none.
//
// State: real
// Notes: values, lists of values, statistics; in memory, by minutes, three hours of 2,000 metrics
// Test: TestPutMetricData
func (m *Metrics) PutMetricData(ctx context.Context, in *cloudwatch.PutMetricDataInput, _ ...opt) (*cloudwatch.PutMetricDataOutput, error) {
	if len(in.MetricData) == 0 {
		return nil, errMissing("MetricData")
	}
	if len(in.MetricData) > maxData {
		return nil, errBadValue("The collection MetricData must not have a size greater than %d.", maxData)
	}
	account, region := m.caller(ctx)
	all := make([]*series, len(in.MetricData))
	data := make([]minute, len(in.MetricData))
	for i := range in.MetricData {
		d := &in.MetricData[i]
		var err error
		if data[i], err = readDatum(d, fmt.Sprintf("MetricData.member.%d", i+1)); err != nil {
			return nil, err
		}
		at := m.clock.Now()
		if d.Timestamp != nil {
			at = *d.Timestamp
		}
		data[i].at = at.Unix() / 60
		all[i] = &series{account: account, region: region, namespace: *in.Namespace, name: *d.MetricName,
			dimensions: sorted(d.Dimensions), unit: d.Unit}
		if d.Unit == "" {
			all[i].unit = types.StandardUnitNone
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, s := range all {
		if data[i].count > 0 {
			m.add(s, data[i])
		}
	}
	return &cloudwatch.PutMetricDataOutput{}, nil
}

// readDatum makes statistics of what was given.
func readDatum(d *types.MetricDatum, at string) (minute, error) {
	given := 0
	for _, is := range []bool{d.Value != nil, d.Values != nil, d.StatisticValues != nil} {
		if is {
			given++
		}
	}
	switch {
	case given == 0:
		return minute{}, errMissing(at + ".Value")
	case given > 1:
		return minute{}, errTogether("The parameters %s.Value and %s.StatisticValues are mutually exclusive and you have specified both.", at, at)
	case len(d.Values) > maxValues:
		return minute{}, errBadValue("The collection %s.Values must not have a size greater than %d.", at, maxValues)
	case d.Counts != nil && len(d.Counts) != len(d.Values):
		return minute{}, errBadValue("The parameters %s.Values and %s.Counts must be of the same size.", at, at)
	}
	if s := d.StatisticValues; s != nil {
		out := minute{count: *s.SampleCount, sum: *s.Sum, min: *s.Minimum, max: *s.Maximum}
		return out, checkFinite(at+".StatisticValues", out.count, out.sum, out.min, out.max)
	}
	values := d.Values
	if d.Value != nil {
		values = []float64{*d.Value}
	}
	out := minute{min: math.Inf(1), max: math.Inf(-1)}
	for i, v := range values {
		count := 1.0
		if d.Counts != nil {
			count = d.Counts[i]
		}
		if err := checkFinite(at+".Value", v, count); err != nil {
			return out, err
		}
		out.add(minute{count: count, sum: v * count, min: v, max: v})
	}
	return out, nil
}

func checkFinite(at string, values ...float64) error {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return errBadValue("The value %v for parameter %s is invalid.", v, at)
		}
	}
	return nil
}
