package firehose

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"

	"sluice/firehose/http"
)

// Endpoints and functions that hang hold up their own streams, however many
// they are, and none beside them.
func TestThoseWhoHangHoldUpThemselvesOnly(t *testing.T) {
	const hanging = 40
	// flush delivers a stream beside the test; end waits for all that do.
	begin := func(t *testing.T) (r *rig, stuck func(), flush func(name string), end func()) {
		r = newRig(t)
		release := make(chan struct{})
		var flushes sync.WaitGroup
		return r, func() { <-release }, func(name string) { flushes.Go(func() { _, _ = r.Flush(r.ctx, name) }) },
			func() { close(release); flushes.Wait() }
	}
	t.Run("endpoints", func(t *testing.T) {
		r, stuck, flush, end := begin(t)
		defer end()
		var began atomic.Int32
		sent := make(chan string, 1)
		r.send = func(in *http.Request) error {
			if in.URL == "https://hangs" {
				began.Add(1)
				stuck()
				return nil
			}
			sent <- string(in.Records[0])
			return nil
		}
		for i := range hanging + 1 {
			url, name := "https://hangs", fmt.Sprint("s", i)
			if i == hanging {
				url, name = "https://works", "works"
			}
			_, err := r.CreateDeliveryStream(r.ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: &name, HttpEndpointDestinationConfiguration: &types.HttpEndpointDestinationConfiguration{
				EndpointConfiguration: &types.HttpEndpointConfiguration{Url: &url},
				S3Configuration:       &types.S3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String(bucket)},
			}})
			require.NoError(t, err)
			if i < hanging {
				r.put(name, "x")
				flush(name)
			}
		}
		require.Eventually(t, func() bool { return began.Load() == hanging }, time.Minute, time.Millisecond)
		r.put("works", "through")
		flush("works")
		require.Equal(t, "through", <-sent)
	})
	t.Run("functions", func(t *testing.T) {
		r, stuck, flush, end := begin(t)
		defer end()
		var began atomic.Int32
		called := make(chan string, 1)
		r.function = func(in call) (any, error) {
			if string(in.Records[0].Data) == "x" {
				began.Add(1)
				stuck()
			} else {
				called <- string(in.Records[0].Data)
			}
			return echo(in), nil
		}
		for i := range hanging {
			name := fmt.Sprint("s", i)
			r.create(name, func(c *types.ExtendedS3DestinationConfiguration) { c.ProcessingConfiguration = lambda(nil) })
			r.put(name, "x")
			flush(name)
		}
		require.Eventually(t, func() bool { return began.Load() == hanging }, time.Minute, time.Millisecond)
		r.create("works", func(c *types.ExtendedS3DestinationConfiguration) { c.ProcessingConfiguration = lambda(nil) })
		r.put("works", "through")
		flush("works")
		require.Equal(t, "through", <-called)
	})
}

// A budget lets in what fits, a quarter of it at most for one, and what was
// waiting once something is given back.
func TestBudget(t *testing.T) {
	b := budget{free: 100 * leastCost}
	large, err := b.take(t.Context(), 1<<40, 100*leastCost)
	require.NoError(t, err)
	require.EqualValues(t, 75*leastCost, b.free)
	var back []func()
	for range 75 {
		giveBack, err := b.take(t.Context(), 0, 100*leastCost)
		require.NoError(t, err)
		back = append(back, giveBack)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = b.take(gone, 0, 100*leastCost)
	require.ErrorIs(t, err, context.Canceled)
	in := make(chan struct{})
	go func() {
		giveBack, _ := b.take(t.Context(), 2*leastCost, 100*leastCost)
		close(in)
		giveBack()
	}()
	back[0]()
	back[1]()
	<-in
	for _, giveBack := range back[2:] {
		giveBack()
	}
	large()
	require.Eventually(t, func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.free == 100*leastCost }, time.Minute, time.Millisecond)
}
