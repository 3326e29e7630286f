package firehose

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"

	"sluice/delivery"
	"sluice/internal/caller"
)

// A query without end fails its record, leaves less patience to the next one,
// and takes no more memory than a run may.
func TestQueriesWithoutEnd(t *testing.T) {
	for text, want := range map[string]error{
		"{c:(def f: f; f)}":     errSlowKeys,
		"{c:last(range(1e12))}": errSlowKeys,
		`{c:(def f: "0123456789abcdef"*4096 as $x | [$x, f]; f)}`: errHugeKeys,
	} {
		q, err := compileQuery(text)
		require.NoError(t, err)
		patience := 20 * time.Millisecond
		if errors.Is(want, errHugeKeys) {
			patience = time.Minute
		}
		s := &steps{query: q, patience: patience}
		out := s.apply(t.Context(), &record{data: []byte(`{}`)})
		require.Empty(t, out.good)
		require.Equal(t, "DynamicPartitioning.MetadataExtractionFailed", out.failed[0].Code)
		require.Equal(t, want.Error(), out.failed[0].Text, text)
		require.Equal(t, patience/2, s.patience)
	}
}

// What fails because the server ends is not the record's failure.
func TestQueryThatIsCutOff(t *testing.T) {
	r := newRig(t)
	r.create("s", partitioned("{c:.c}"))
	r.put("s", `{"c":1}`)
	ctx, cancel := context.WithCancel(r.ctx)
	cancel()
	_, err := r.Flush(ctx, "s")
	require.ErrorIs(t, err, context.Canceled)
	r.clock.Step(time.Minute)
	got := r.bucket.taken()
	require.Len(t, got, 1)
	require.Equal(t, `{"c":1}`, string(got[0].Body))
}

// A record whose key would be too long for an object fails alone: nothing is
// taken that can never be delivered.
func TestKeysThatAreTooLong(t *testing.T) {
	long := strings.Repeat("x", 600)
	t.Run("of a partition", func(t *testing.T) {
		r := newRig(t)
		r.create("s", partitioned("{c:.c}"))
		wide := strings.Repeat("€", 300)
		r.put("s", `{"c":"`+long+`"}`, `{"c":1}`, `{"c":"`+wide+`"}`, `{"c":"`+long[:500]+`"}`)
		r.clock.Step(time.Minute)
		good, failed := 0, ""
		for _, o := range r.bucket.taken() {
			require.LessOrEqual(t, len(o.Key), 1024)
			if strings.HasPrefix(o.Key, "e/") {
				failed += string(o.Body)
			} else {
				good++
			}
		}
		require.Equal(t, 2, good)
		lines := errorLines(t, failed)
		require.Len(t, lines, 2)
		require.Equal(t, "Length of evaluated prefix cannot be greater than 512", lines[0].Message)
		require.Equal(t, "DynamicPartitioning.MetadataExtractionFailed", lines[0].Code)
	})
	t.Run("of a prefix", func(t *testing.T) {
		r := newRig(t)
		c := target()
		c.Prefix = aws.String(strings.Repeat("€", 400))
		_, err := r.CreateDeliveryStream(r.ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("s"), ExtendedS3DestinationConfiguration: c})
		requireFault(t, err, "InvalidArgumentException", "Length of evaluated prefix cannot be greater than 512")
		require.Empty(t, r.all(), "nothing has changed")
	})
}

// Records that unpack to a thousand times their size end their buffer by what
// they have become, on the way to the function as well.
func TestRecordsThatSwell(t *testing.T) {
	bomb := `{"messageType":"DATA_MESSAGE","logEvents":[{"message":"` + strings.Repeat("0", 1<<20) + `"}]}`
	for name, functions := range map[string][]types.Processor{"to the bucket": nil, "to the function": lambda(nil).Processors} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			most := 0
			r.function = func(in call) (any, error) {
				most = max(most, len(in.Records))
				return echo(in), nil
			}
			r.from("out", r.stream("in", 1), func(c *types.ExtendedS3DestinationConfiguration) {
				c.ProcessingConfiguration = unpacking("GZIP", "True")
				c.ProcessingConfiguration.Processors = append(c.ProcessingConfiguration.Processors, functions...)
			})
			for range 4 {
				r.produce("in", packed(t, bomb))
			}
			r.pass(5 * time.Minute)
			require.LessOrEqual(t, most, 1)
			got := r.bucket.taken()
			require.Len(t, got, 4)
			for _, o := range got {
				require.Len(t, o.Body, 1<<20+1)
			}
		})
	}
}

// Answers of functions that are too large, broken off or no JSON are failures
// of the call, tried again and then told.
func TestFunctionsThatAnswerGarbage(t *testing.T) {
	half := []byte(`{"records":[{"recordId":"1","result":"Ok","data":"eA=="`)
	for name, answer := range map[string][]byte{"7 MB": append([]byte(`{"records":[],"x":"`), append(make([]byte, 7_000_000), `"}`...)...), "half": half, "none": nil, "a text": []byte("yes")} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			calls := 0
			require.NoError(t, r.Close())
			r.openAnswering(func() ([]byte, error) { calls++; return answer, nil })
			r.create("s", func(c *types.ExtendedS3DestinationConfiguration) {
				c.ProcessingConfiguration = lambda(map[types.ProcessorParameterName]string{types.ProcessorParameterNameLambdaNumberOfRetries: "1"})
			})
			r.put("s", "a")
			r.pass(10 * time.Minute)
			require.Equal(t, 2, calls)
			got := r.bucket.taken()
			require.Len(t, got, 1)
			line := errorLines(t, string(got[0].Body))[0]
			require.Equal(t, "Lambda.FunctionError", line.Code)
			require.Equal(t, 2, line.Attempts)
			require.Equal(t, "a", string(line.Raw))
		})
	}
}

// A bucket that is gone is tried for a day, then the records are lost and told;
// what comes after is delivered.
func TestBucketDownForADay(t *testing.T) {
	r := newRig(t)
	r.create("s", nil)
	r.bucket.failing(delivery.ErrNoBucket)
	r.put("s", "lost")
	r.pass(10 * time.Minute)
	r.clock.Step(25 * time.Hour)
	r.put("s", "kept")
	r.bucket.failing(nil)
	r.pass(15 * time.Minute)
	require.Equal(t, "kept", r.bodies(""))
	require.EqualValues(t, 1, r.known("s").pump.counts.Expired.Load())
}

// answering is a Function with one answer.
type answering func() ([]byte, error)

// Invoke implements Function.
func (f answering) Invoke(context.Context, string, []byte) ([]byte, error) { return f() }

// openAnswering opens the room with another function.
func (r *rig) openAnswering(f answering) {
	r.open()
	r.config.Function = f
	r.ctx = caller.With(r.t.Context(), caller.Caller{Account: account, Region: region})
}
