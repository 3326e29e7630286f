package poller

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"

	"sluice/internal/arn"
)

// consumer registers a consumer and returns its ARN.
func (w *world) consumer(stream, name string) arn.ARN {
	w.t.Helper()
	out, err := w.streams.RegisterStreamConsumer(w.ctx, &kinesis.RegisterStreamConsumerInput{
		StreamARN: aws.String(streamARN(stream).String()), ConsumerName: &name})
	require.NoError(w.t, err)
	w.step(time.Second)
	a, err := arn.Parse(*out.Consumer.ConsumerARN)
	require.NoError(w.t, err)
	return a
}

// await waits for what is pushed, which no mover of the clock waits for.
func await(t testing.TB, f func() bool) {
	t.Helper()
	require.Eventually(t, f, time.Minute, time.Millisecond)
}

func TestFanOut(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	fast := w.consumer("orders", "fast")
	var got seen
	count := func() int { return len(slices.Concat(got.all()...)) }
	w.handle(func(data []string) string { got.add(data); return "" })
	w.put("orders", "a")
	m := w.mapping("orders", func(m *Mapping) { m.Source = fast })
	p := w.start(m)
	await(t, func() bool { return count() == 1 })

	t.Run("1.4 renewed after five minutes and resumed after what was delivered", func(t *testing.T) {
		for i := range 4 {
			w.put("orders", "b")
			await(t, func() bool { return count() == 2+i })
			w.step(6 * time.Minute)
		}
		require.Equal(t, []string{"a", "b", "b", "b", "b"}, slices.Concat(got.all()...))
	})
	t.Run("1.4 children after their parent", func(t *testing.T) {
		w.split("orders", shard0)
		w.put("orders", "c", "d", "e")
		await(t, func() bool { return count() == 8 })
		await(t, func() bool { return w.saved.of(m.UUID, shard0).Finished })
	})
	t.Run("no read is charged to the shards", func(t *testing.T) { require.Zero(t, w.readsSoFar()) })
	t.Run("disabled", func(t *testing.T) {
		off := m
		off.Enabled = false
		require.NoError(t, p.Update(off))
		await(t, func() bool { return p.Status().Settled })
		w.put("orders", "f")
		require.NoError(t, p.Update(m))
		// The service does not let a consumer subscribe twice within five seconds.
		require.Eventually(t, func() bool { w.step(time.Second); return count() == 9 }, time.Minute, time.Millisecond)
	})
	t.Run("the consumer goes", func(t *testing.T) {
		_, err := w.streams.DeregisterStreamConsumer(w.ctx, &kinesis.DeregisterStreamConsumerInput{ConsumerARN: aws.String(fast.String())})
		require.NoError(t, err)
		w.step(time.Minute)
		await(t, func() bool {
			w.step(time.Second)
			return slices.ContainsFunc(p.Status().Shards, func(s ShardStatus) bool { return s.LastError != "" })
		})
	})
	p.Stop()
}

// A function that is slow holds the subscription up, not the memory.
func TestFanOutWaitsForTheFunction(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	fast := w.consumer("orders", "fast")
	leave := make(chan struct{})
	var got seen
	w.handle(func(data []string) string { <-leave; got.add(data); return "" })
	p, err := Start(w.config, w.mapping("orders", func(m *Mapping) { m.Source, m.BatchSize = fast, 1 }))
	require.NoError(t, err)
	t.Cleanup(p.Stop)
	big := string(make([]byte, 1<<20-10))
	for range 30 {
		w.putKey("orders", "k", big)
	}
	await(t, func() bool { return p.Status().Counters.InFlightBytes >= laneBytes })
	require.Less(t, p.Status().Counters.InFlightBytes, int64(laneBytes+4<<20))
	close(leave)
	await(t, func() bool { return len(got.all()) == 30 })
}
