package lambda

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"

	"sluice/lambda/function"
	"sluice/lambda/poller"
)

// meters notes what is reported.
type meters struct{ data []Datum }

func (m *meters) Report(_, _ string, data []Datum) { m.data = append(m.data, data...) }

func (m *meters) take() []Datum {
	out := m.data
	m.data = nil
	return out
}

func TestMeterOfFunctions(t *testing.T) {
	m := &meters{}
	r := open(t, func(c *Config) { c.Meter = m })
	r.function("ingest")
	in := &lambda.InvokeInput{FunctionName: aws.String("ingest")}
	r.runtime.answer = func(function.Invocation) (function.Result, error) {
		return function.Result{Took: 1500 * time.Microsecond}, nil
	}
	_, err := r.Invoke(r.ctx, in)
	require.NoError(t, err)
	require.Equal(t, []Datum{{"Invocations", "Count", "FunctionName", "ingest", 1}, {"Errors", "Count", "FunctionName", "ingest", 0},
		{"Throttles", "Count", "FunctionName", "ingest", 0}, {"Duration", "Milliseconds", "FunctionName", "ingest", 1.5}}, m.take())
	r.runtime.answer = func(function.Invocation) (function.Result, error) {
		return function.Result{Error: function.Unhandled}, nil
	}
	_, err = r.Invoke(r.ctx, in)
	require.NoError(t, err)
	require.Equal(t, Datum{"Errors", "Count", "FunctionName", "ingest", 1}, m.take()[1])
	r.runtime.answer = func(function.Invocation) (function.Result, error) {
		return function.Result{}, &function.NotInvoked{Code: "TooManyRequestsException", Throttled: true}
	}
	_, err = r.Invoke(r.ctx, in)
	require.Error(t, err)
	require.Equal(t, []Datum{{"Throttles", "Count", "FunctionName", "ingest", 1}}, m.take())
	_, err = r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: aws.String("nobody")})
	require.Error(t, err)
	require.Empty(t, m.take())
}

func TestMeterOfMappings(t *testing.T) {
	s := settings{Function: functionKey{Name: "ingest"}}
	before := poller.Counters{Polled: 1, FilteredOut: 2, Invoked: 3, FailedInvoke: 4, Dropped: 5, Delivered: 6}
	now := poller.Counters{Polled: 11, FilteredOut: 13, Invoked: 15, FailedInvoke: 17, Dropped: 19, Delivered: 21, IteratorAge: time.Second}
	require.Equal(t, []Datum{{"IteratorAge", "Milliseconds", "FunctionName", "ingest", 1000}}, mappingData("u", &s, before, now))
	s.Metrics = []string{"EventCount"}
	const of = "EventSourceMappingUUID"
	require.Equal(t, []Datum{{"PolledEventCount", "Count", of, "u", 10}, {"FilteredOutEventCount", "Count", of, "u", 11},
		{"InvokedEventCount", "Count", of, "u", 12}, {"FailedInvokeEventCount", "Count", of, "u", 13}, {"DroppedEventCount", "Count", of, "u", 14},
		{"OnFailureDestinationDeliveredEventCount", "Count", of, "u", 15}}, mappingData("u", &s, before, now)[1:])
}
