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
	"sluice/firehose/http"
)

// picky is a bucket that does not take keys that begin with a text.
type picky struct {
	*shelf
	refuses string
	err     error
}

func (p *picky) PutObject(ctx context.Context, o delivery.Object) error {
	if p.err != nil && strings.HasPrefix(o.Key, p.refuses) {
		return p.err
	}
	return p.shelf.PutObject(ctx, o)
}

// pickyRig is a rig whose bucket is picky, with a stream whose partitions are
// retried for so many seconds.
func pickyRig(t *testing.T, refuses string, seconds int32) (*rig, *picky) {
	r := newRig(t)
	to := &picky{shelf: r.bucket, refuses: refuses, err: delivery.ErrDenied}
	require.NoError(t, r.Close())
	r.openWith(r.store.Space("firehose"), r.store.Log("firehose"), to)
	r.create("s", func(c *types.ExtendedS3DestinationConfiguration) {
		partitioned("{c:.c}")(c)
		c.DynamicPartitioningConfiguration.RetryOptions = &types.RetryOptions{DurationInSeconds: aws.Int32(seconds)}
	})
	return r, to
}

// A partition that cannot be written is tried for RetryOptions of service time
// from its first failure on. Then its records go to the error prefix, and the
// partition begins anew.
func TestRetryOptionsOfPartitions(t *testing.T) {
	t.Run("run out", func(t *testing.T) {
		r, to := pickyRig(t, "c=1/", 300)
		r.put("s", `{"c":1,"n":1}`, `{"c":2}`, `{"c":1,"n":2}`)
		r.clock.Step(time.Minute)
		require.Equal(t, map[string]string{"c=2": `{"c":2};`}, r.partitionsTaken(), "one prefix holds nobody else up")
		r.clock.Step(298 * time.Second)
		require.Empty(t, r.partitionsTaken())
		r.clock.Step(3 * time.Second)
		got := r.bucket.taken()
		require.Len(t, got, 1)
		require.Regexp(t, `^e/processing-failed/s-1-2026-07-13-12-00-00-`, got[0].Key)
		lines := errorLines(t, string(got[0].Body))
		require.Len(t, lines, 2)
		require.Equal(t, errorRecord{Attempts: 7, Arrival: millis(noon), Code: "S3.AccessDenied",
			Message: delivery.ErrDenied.Error(), Ended: lines[0].Ended, Raw: []byte(`{"c":1,"n":1}`)}, lines[0])
		require.WithinDuration(t, noon.Add(6*time.Minute), fromMillis(lines[0].Ended), time.Second)
		require.Equal(t, `{"c":1,"n":2}`, string(lines[1].Raw))
		require.Empty(t, r.known("s").pump.each())

		to.err = nil
		r.put("s", `{"c":1,"n":3}`)
		r.clock.Step(time.Minute)
		require.Equal(t, map[string]string{"c=1": `{"c":1,"n":3};`}, r.partitionsTaken())
	})
	t.Run("suffice", func(t *testing.T) {
		r, to := pickyRig(t, "c=1/", 300)
		r.put("s", `{"c":1}`)
		r.clock.Step(5 * time.Minute)
		require.Empty(t, r.partitionsTaken())
		to.err = nil
		r.clock.Step(61 * time.Second)
		require.Equal(t, map[string]string{"c=1": `{"c":1};`}, r.partitionsTaken())
	})
	t.Run("none", func(t *testing.T) {
		r, _ := pickyRig(t, "c=1/", 0)
		r.put("s", `{"c":1}`)
		r.clock.Step(time.Minute)
		require.Contains(t, r.partitionsTaken()["e"], `"attemptsMade":1,`)
	})
	t.Run("each buffer has its own", func(t *testing.T) {
		r, _ := pickyRig(t, "c=1/", 60)
		r.put("s", `{"c":1,"n":1}`)
		r.clock.Step(90 * time.Second)
		r.put("s", `{"c":1,"n":2}`)
		r.clock.Step(31 * time.Second)
		require.Equal(t, 1, strings.Count(r.partitionsTaken()["e"], "rawData"), "the second buffer is not due yet")
		r.clock.Step(90 * time.Second)
		require.Contains(t, r.partitionsTaken()["e"], `"attemptsMade":5,`)
	})
	t.Run("the update acts", func(t *testing.T) {
		r, _ := pickyRig(t, "c=1/", 7200)
		r.put("s", `{"c":1}`)
		r.clock.Step(2 * time.Minute)
		_, err := r.UpdateDestination(r.ctx, &firehose.UpdateDestinationInput{DeliveryStreamName: aws.String("s"),
			CurrentDeliveryStreamVersionId: aws.String("1"), DestinationId: aws.String("destinationId-000000000001"),
			ExtendedS3DestinationUpdate: &types.ExtendedS3DestinationUpdate{DynamicPartitioningConfiguration: &types.DynamicPartitioningConfiguration{
				RetryOptions: &types.RetryOptions{DurationInSeconds: aws.Int32(100)}}}})
		require.NoError(t, err)
		r.clock.Step(3 * time.Minute)
		require.Contains(t, r.partitionsTaken()["e"], "S3.AccessDenied")
	})
	t.Run("the error prefix is refused too", func(t *testing.T) {
		r, to := pickyRig(t, "", 300)
		to.err = errors.New("the disk is full")
		r.put("s", `{"c":1}`)
		r.clock.Step(2 * time.Hour)
		require.Empty(t, r.bucket.taken())
		to.err = nil
		r.clock.Step(5 * time.Minute)
		got := r.partitionsTaken()
		require.Len(t, got, 1)
		require.Contains(t, got["e"], `"errorCode":"S3.InternalError","errorMessage":"the disk is full"`)
	})
	t.Run("extraction errors are final, and their objects tried on", func(t *testing.T) {
		r, to := pickyRig(t, "e/", 0)
		r.put("s", `{"n":1}`)
		r.clock.Step(2 * time.Hour)
		require.Empty(t, r.bucket.taken())
		to.err = nil
		r.clock.Step(5 * time.Minute)
		require.Contains(t, r.partitionsTaken()["e"], "DynamicPartitioning.MetadataExtractionFailed")
	})
}

// Whoever moves the clock by an hour finds that all attempts of that hour were
// made, where their number or time is limited.
func TestOneMoveMakesAllAttempts(t *testing.T) {
	refused := &http.Failure{Code: "HttpEndpoint.DestinationException", Message: "busy"}
	t.Run("of an endpoint", func(t *testing.T) {
		r := newRig(t)
		calls := 0
		r.send = func(*http.Request) error { calls++; return refused }
		r.post("s", nil)
		r.put("s", "a")
		r.clock.Step(time.Hour)
		require.InDelta(t, 6, calls, 1)
		require.Contains(t, r.bodies("failed/http-endpoint-failed/2026/07/13/12/"), `"errorMessage":"busy"`)
	})
	t.Run("of a function", func(t *testing.T) {
		r := newRig(t)
		calls := 0
		r.function = func(call) (any, error) { calls++; return nil, errors.New("thrown") }
		r.create("s", func(c *types.ExtendedS3DestinationConfiguration) {
			c.ProcessingConfiguration = lambda(map[types.ProcessorParameterName]string{types.ProcessorParameterNameLambdaNumberOfRetries: "3"})
		})
		r.put("s", "a")
		r.clock.Step(time.Hour)
		require.Equal(t, 4, calls)
		r.clock.Step(time.Hour)
		require.Equal(t, 4, errorLines(t, r.bodies("processing-failed/2026/07/13/12/"))[0].Attempts)
	})
	t.Run("but none for the time the server was down", func(t *testing.T) {
		r := newRig(t)
		calls := 0
		r.send = func(*http.Request) error { calls++; return refused }
		r.post("s", nil)
		r.put("s", "a")
		require.NoError(t, r.Close())
		r.clock.Step(time.Hour)
		r.open()
		r.clock.Step(0)
		require.Equal(t, 1, calls)
		r.clock.Step(20 * time.Second)
		require.Empty(t, r.bucket.taken())
		r.clock.Step(20 * time.Second)
		require.Len(t, r.bucket.taken(), 1)
	})
}
