package poller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/lambda/function"
	"sluice/shards"
)

func TestMappingsThatCannotBeRun(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(m *Mapping){
		"uuid":     func(m *Mapping) { m.UUID = "" },
		"function": func(m *Mapping) { m.Function = "" },
		"source":   func(m *Mapping) { m.Source.Kind = 0 },
		"batch":    func(m *Mapping) { m.BatchSize = 10001 },
		"factor":   func(m *Mapping) { m.ParallelizationFactor = 0 },
		"window":   func(m *Mapping) { m.BatchingWindow = -1 },
		"position": func(m *Mapping) { m.StartingPosition = "" },
	} {
		_, err := Start(w.config, w.mapping("orders", change))
		require.Error(t, err, name)
	}
	_, err := Start(Config{}, w.mapping("orders"))
	require.Error(t, err)
	_, err = NewReaders(ReadersConfig{})
	require.Error(t, err)
}

// troubled is a source whose next calls fail.
type troubled struct {
	Source
	reads atomic.Pointer[error]
}

// GetRecords implements Source.
func (s *troubled) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput) (*kinesis.GetRecordsOutput, error) {
	if err := s.reads.Swap(nil); err != nil {
		return nil, *err
	}
	return s.Source.GetRecords(ctx, in)
}

func TestReadsThatFail(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	source := &troubled{Source: inProcess{w}}
	readers, err := NewReaders(ReadersConfig{Clock: w.clock, Hold: w.clock.Hold, Source: source, Tips: w.streams})
	require.NoError(t, err)
	t.Cleanup(readers.Close)
	w.config.Readers = readers
	var got seen
	w.handle(func(data []string) string { got.add(data); return "" })
	p := w.start(w.mapping("orders"))

	var expired error = &types.ExpiredIteratorException{}
	source.reads.Store(&expired)
	w.put("orders", "a")
	w.settle()
	require.Equal(t, [][]string{{"a"}}, got.all(), "an iterator that expired is replaced at once")

	broken := errors.New("the disk is broken")
	source.reads.Store(&broken)
	w.put("orders", "b")
	w.settle()
	st := p.Status().Shards[0]
	require.Equal(t, "the next read", st.WaitingFor)
	require.Equal(t, "read shard shardId-000000000000: the disk is broken", st.LastError)
	w.step(DefaultRetry().Base)
	require.Equal(t, [][]string{{"a"}, {"b"}}, got.all())
	require.Empty(t, p.Status().Shards[0].LastError)
}

// A mapping may lie for so long that a shard it knows expires unread.
func TestShardExpiresWhileDisabled(t *testing.T) {
	for _, fast := range []bool{false, true} {
		t.Run(fmt.Sprint("fan-out=", fast), func(t *testing.T) {
			w := newWorld(t)
			w.create("orders", 1)
			m := w.mapping("orders")
			if fast {
				m.Source = w.consumer("orders", "fast")
			}
			var got seen
			w.handle(func(data []string) string { got.add(data); return "" })
			w.put("orders", "poison")
			w.answer(func(function.Invocation) (function.Result, error) {
				return function.Result{Error: function.Unhandled}, nil
			})
			p := w.start(m)
			w.split("orders", shard0)
			require.NoError(t, p.Update(m)) // and so looks at the shards again
			await(t, func() bool { w.settle(); return len(p.Status().Shards) == 3 })
			m.Enabled = false
			require.NoError(t, p.Update(m))
			await(t, func() bool { w.settle(); return p.Status().Settled })
			w.step(25 * time.Hour)
			w.handle(func(data []string) string { got.add(data); return "" })
			w.put("orders", "found")
			m.Enabled = true
			require.NoError(t, p.Update(m))
			require.Eventually(t, func() bool { w.step(time.Second); return len(got.all()) > 0 }, time.Minute, time.Millisecond)
			require.Equal(t, []string{"found"}, slices.Concat(got.all()...))
		})
	}
}

// What is kept for other mappings is bounded, and who is behind it reads for itself.
func TestSharedPagesAreBounded(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	var count atomic.Int32
	slow := make(chan struct{})
	w.answer(func(in function.Invocation) (function.Result, error) {
		if in.Qualifier == "slow" {
			<-slow
		}
		count.Add(int32(len(eventOf(t, in.Payload).Records)))
		return function.Result{}, nil
	})
	w.start(w.mapping("orders"))
	p, err := Start(w.config, w.mapping("orders", func(m *Mapping) { m.UUID, m.Qualifier, m.BatchSize = "other", "slow", 1 }))
	require.NoError(t, err)
	t.Cleanup(p.Stop)
	big := string(make([]byte, 1<<20-10))
	const records = 40
	for i := range records {
		w.putKey("orders", "k", big)
		await(t, func() bool { return int(count.Load()) == i+1 })
	}
	w.readers.mu.Lock()
	weight := 0
	for _, page := range w.readers.shared {
		weight += page.weight
	}
	require.Equal(t, weight, w.readers.weight)
	require.LessOrEqual(t, weight, sharedBytes)
	require.Positive(t, weight)
	w.readers.mu.Unlock()
	close(slow)
	await(t, func() bool { return count.Load() == 2*records })
}

// A stream of more shards than a page lists.
func TestManyPagesOfShards(t *testing.T) {
	w := newWorld(t, func(c *shards.Config) { c.Limits = shards.Limits{Shards: 5000} })
	w.create("orders", 1500)
	p := w.start(w.mapping("orders"))
	require.Len(t, p.Status().Shards, 1500)
}

// A consumer starts at a time, too.
func TestFanOutByTime(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	fast := w.consumer("orders", "fast")
	var got seen
	w.handle(func(data []string) string { got.add(data); return "" })
	w.put("orders", "old")
	w.step(time.Minute)
	since := w.clock.Now()
	w.put("orders", "new")
	w.start(w.mapping("orders", func(m *Mapping) {
		m.Source, m.StartingPosition, m.StartingTimestamp = fast, AtTimestamp, since
	}))
	await(t, func() bool { return len(got.all()) == 1 })
	require.Equal(t, [][]string{{"new"}}, got.all())
}
