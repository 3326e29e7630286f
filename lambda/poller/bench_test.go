package poller

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/lambda/function"
)

// counting is a function that only counts records.
type counting struct {
	records atomic.Int64
	per     int64 // bytes of a record in an event
	reached chan struct{}
	goal    int64
}

// Invoke implements Invoker.
func (c *counting) Invoke(_ context.Context, in function.Invocation) (function.Result, error) {
	if c.records.Add(int64(len(in.Payload))/c.per) == c.goal {
		close(c.reached)
	}
	return function.Result{}, nil
}

// BenchmarkBacklog drains four shards of 200-byte records in batches of 500.
func BenchmarkBacklog(b *testing.B) {
	const puts, size = 400, 200
	w := newWorld(b)
	w.create("orders", 4)
	entries := make([]types.PutRecordsRequestEntry, 500)
	for i := range entries {
		entries[i] = types.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprintf("key-%04d", i)), Data: make([]byte, size)}
	}
	for range puts {
		_, err := w.streams.PutRecords(w.ctx, &kinesis.PutRecordsInput{StreamName: aws.String("orders"), Records: entries})
		require.NoError(b, err)
	}
	m := w.mapping("orders", func(m *Mapping) { m.BatchSize = 500 })
	r := Record{PartitionKey: "key-0000", SequenceNumber: w.startOf("orders"), Data: make([]byte, size), Arrival: testStart()}
	total := int64(puts * len(entries))
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		m.UUID = fmt.Sprint("m", i)
		c := &counting{per: int64(newTemplate(&m, shard0).recordSize(&r)), goal: total, reached: make(chan struct{})}
		w.config.Invoker = c
		p, err := Start(w.config, m)
		require.NoError(b, err)
		<-c.reached
		p.Stop()
	}
	b.ReportMetric(float64(b.N)*float64(total)/b.Elapsed().Seconds(), "records/s")
}

// stamped is a function that notes how long each record took from the put.
type stamped struct {
	mu   sync.Mutex
	took []time.Duration
	sent sync.Map // data -> time
}

// Invoke implements Invoker.
func (s *stamped) Invoke(_ context.Context, in function.Invocation) (function.Result, error) {
	now := time.Now()
	var e event
	_ = json.Unmarshal(in.Payload, &e)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range e.Records {
		if at, ok := s.sent.Load(string(r.Kinesis.Data)); ok {
			s.took = append(s.took, now.Sub(at.(time.Time)))
		}
	}
	return function.Result{}, nil
}

// BenchmarkLatency puts 1,000 records a second and reports how long they took
// from the beginning of the put to the function.
func BenchmarkLatency(b *testing.B) {
	w := newWorld(b)
	w.create("orders", 4)
	s := new(stamped)
	w.config.Invoker = s
	w.start(w.mapping("orders"))
	n := 0
	b.ResetTimer()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for b.Loop() {
		<-tick.C
		data := fmt.Sprint("record ", n)
		n++
		s.sent.Store(data, time.Now())
		w.putKey("orders", data, data)
	}
	w.settle()
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.took)
	b.ReportMetric(float64(s.took[len(s.took)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(s.took[len(s.took)*99/100].Microseconds()), "p99-us")
}

// BenchmarkIdle starts mappings and reports what each keeps in memory.
func BenchmarkIdle(b *testing.B) {
	for b.Loop() {
		idleMappings(b, 1000)
	}
}
