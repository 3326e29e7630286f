package cloudwatch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/clock"
)

func TestRecord(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC))
	t.Cleanup(c.Close)
	m := New(c, "000000000000", "us-east-1")
	for _, v := range []float64{2, 4} {
		m.Record("000000000000", "us-east-1", "AWS/Lambda", []Value{{"Duration", "Milliseconds", "FunctionName", "ingest", v}})
		c.Step(time.Minute)
	}
	samples := m.Samples()
	require.Len(t, samples, 1)
	require.Equal(t, "FunctionName=ingest", samples[0].Labels())
	require.Equal(t, 2.0, samples[0].Count)
	require.Equal(t, 6.0, samples[0].Sum)
	require.Equal(t, "Milliseconds", samples[0].Unit)
}
