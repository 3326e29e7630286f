package shards

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/clock"
)

// await collects events until so many bytes have come, and makes sure that no
// more follow at this moment of service time.
func (f *feed) await(bytes int) {
	f.t.Helper()
	got := 0
	for got < bytes {
		for _, record := range f.next().Records {
			got += len(record.Data) + len(*record.PartitionKey)
		}
	}
	require.Equal(f.t, bytes, got)
	f.quiet()
}

// quiet makes sure that nothing more comes of what happened so far: all others
// sleep, and wait for a clock. So it needs a bubble of synctest.
func (f *feed) quiet() {
	f.t.Helper()
	synctest.Wait()
	for range len(f.events) {
		require.Empty(f.t, (<-f.events).Records, "more than the pace allows")
	}
}

// backlog makes a stream with so many KiB of records of 1 KiB, and limits.
func backlog(t *testing.T, kib int, limits Limits, options ...func(*Config)) *room {
	r := open(t, options...)
	r.create("a", 1)
	for range kib {
		require.NoError(t, r.tryPut("a", 1<<10))
	}
	r.SetLimits(limits)
	return r
}

func TestFanOutIsPaced(t *testing.T) {
	run := func(name string, f func(t *testing.T)) {
		t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
	}
	run("2 MiB a second of service time", func(t *testing.T) {
		r := backlog(t, 6<<10, Limits{Enforced: true})
		f := r.subscribed(r.register("a", "c"), shard0, types.ShardIteratorTypeTrimHorizon)
		f.await(2 << 20)
		r.clock.Step(62500*time.Microsecond - time.Nanosecond)
		f.quiet()
		r.clock.Step(time.Nanosecond)
		f.await(128 << 10)
		for range 8 {
			r.clock.Step(62500 * time.Microsecond)
			f.await(128 << 10)
		}
		l := r.loadOf(minute)
		require.EqualValues(t, 2<<20+9*128<<10, l.out.bytes)
		require.Zero(t, l.shared, "GetRecords has an allowance of its own")
		heat, err := r.Heat(r.ctx, "a", time.Minute)
		require.NoError(t, err)
		require.Zero(t, heat.Shards[0].Out.LimitFraction)
		require.Empty(t, heat.Shards[0].Refused, "nothing is refused")
		paced := uint64(0)
		r.Samples(func(s Sample) {
			if s.Name == CountFanoutPauses {
				paced = s.Value
			}
		})
		require.EqualValues(t, 10, paced)
	})
	run("each consumer has its own", func(t *testing.T) {
		r := backlog(t, 3<<10, Limits{Enforced: true})
		for _, name := range []string{"c", "d"} {
			r.subscribed(r.register("a", name), shard0, types.ShardIteratorTypeTrimHorizon).await(2 << 20)
		}
	})
	run("a factor multiplies it, off takes it away", func(t *testing.T) {
		r := backlog(t, 6<<10, Limits{Enforced: true, Factor: 2})
		f := r.subscribed(r.register("a", "c"), shard0, types.ShardIteratorTypeTrimHorizon)
		f.await(4 << 20)
		r.SetLimits(Limits{})
		r.clock.Step(time.Second)
		f.await(2 << 20)
	})
	run("a record larger than the allowance is paid for afterwards", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		for range 5 {
			require.NoError(t, r.tryPut("a", 1<<20))
		}
		r.SetLimits(Limits{Enforced: true})
		f := r.subscribed(r.register("a", "c"), shard0, types.ShardIteratorTypeTrimHorizon)
		f.await(2 << 20)
		r.clock.Step(62500 * time.Microsecond)
		f.await(1 << 20)
		r.clock.Step(500*time.Millisecond - time.Nanosecond)
		f.quiet()
		r.clock.Step(time.Nanosecond)
		f.await(1 << 20)
	})
	run("the transport goes on while the clock stands still", func(t *testing.T) {
		host := clock.NewManual(testStart())
		r := backlog(t, 3<<10, Limits{Enforced: true}, func(c *Config) { c.Host = host })
		f := r.subscribed(r.register("a", "c"), shard0, types.ShardIteratorTypeTrimHorizon)
		f.await(2 << 20)
		host.Step(5 * time.Second)
		event, _ := f.event()
		require.Empty(t, event.Records)
		require.NotNil(t, event.ContinuationSequenceNumber)
		r.clock.Step(time.Second)
		f.await(1 << 20)
	})
	run("one call a second", func(t *testing.T) {
		r := backlog(t, 1, Limits{})
		c := r.register("a", "c")
		r.SetLimits(Limits{Enforced: true})
		bad := func() error {
			_, err := r.subscribe(c, shard0, types.StartingPosition{Type: types.ShardIteratorTypeAtSequenceNumber, SequenceNumber: aws.String("1x")})
			return err
		}
		require.Equal(t, "InvalidArgumentException", codeOf(bad()))
		requireError(t, bad(), "LimitExceededException", "Rate exceeded for stream a under account 123456789012.")
		r.clock.Step(time.Second - time.Nanosecond)
		require.Equal(t, "LimitExceededException", codeOf(bad()))
		r.clock.Step(time.Nanosecond)
		require.Equal(t, "InvalidArgumentException", codeOf(bad()))
		require.EqualValues(t, 2, r.loadOf(minute).why[subscribeRate])
		r.clock.Step(time.Second)
		r.subscribed(c, shard0, types.ShardIteratorTypeTrimHorizon)
		_, err := r.subscribe(c, shard0, types.StartingPosition{Type: types.ShardIteratorTypeLatest})
		require.Equal(t, "ResourceInUseException", codeOf(err), "the guard time speaks first")
	})
}
