//go:build unix

package sluice

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"
)

// The figures of event source mappings: a whole server, its data on disk, a
// function in this process. Limits are off, for with them a shard is read five
// times a second.
//
//	go test -run xxx -bench Mapping -benchtime 10s .

// mapped is a server with streams, and a function that is told of its events.
func mapped(b *testing.B, function func(event []byte), seeds ...StreamSeed) (*kinesis.Client, *lambda.Client) {
	s := RunT(b, WithStreams(seeds...), WithLimits(LimitsOff), func(c *Config) { c.Memory, c.Data = false, b.TempDir() })
	require.NoError(b, s.RegisterFunction("ingest", func(_ context.Context, event []byte) ([]byte, error) {
		function(event)
		return nil, nil
	}))
	return kinesis.NewFromConfig(s.AWSConfig()), lambda.NewFromConfig(s.AWSConfig())
}

func mapTo(b *testing.B, client *lambda.Client, stream string, batch int32) {
	// A seeded stream may take longer than the start.
	require.Eventually(b, func() bool { return tryMap(b, client, stream, batch) == nil }, time.Minute, 10*time.Millisecond)
}

func tryMap(b *testing.B, client *lambda.Client, stream string, batch int32) error {
	_, err := client.CreateEventSourceMapping(b.Context(), &lambda.CreateEventSourceMappingInput{FunctionName: aws.String("ingest"),
		EventSourceArn: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/" + stream), BatchSize: &batch,
		StartingPosition: types.EventSourcePositionTrimHorizon})
	return err
}

// BenchmarkMappingBacklog drains four shards that hold 400,000 records of 200
// bytes in batches of 500.
func BenchmarkMappingBacklog(b *testing.B) {
	const puts, records = 800, 500
	for b.Loop() {
		b.StopTimer()
		var got atomic.Int64
		done := make(chan struct{})
		streams, client := mapped(b, func(event []byte) {
			if got.Add(int64(bytes.Count(event, []byte(`"eventID"`)))) == puts*records {
				close(done)
			}
		}, StreamSeed{Name: "orders", Shards: 4})
		entries := make([]kinesistypes.PutRecordsRequestEntry, records)
		for i := range entries {
			entries[i] = kinesistypes.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprint("key-", i)), Data: make([]byte, 200)}
		}
		for range puts {
			_, err := streams.PutRecords(b.Context(), &kinesis.PutRecordsInput{StreamName: aws.String("orders"), Records: entries})
			require.NoError(b, err)
		}
		b.StartTimer()
		mapTo(b, client, "orders", records)
		<-done
	}
	b.ReportMetric(float64(b.N)*puts*records/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkMappingLatency puts 1,000 records a second on 8 connections, and
// reports the time from the beginning of a PutRecord request to the function.
func BenchmarkMappingLatency(b *testing.B) {
	const writers = 8
	began := time.Now()
	var mu sync.Mutex
	var took []time.Duration
	marker := []byte(`"data":"`)
	streams, client := mapped(b, func(event []byte) {
		now := time.Since(began)
		mu.Lock()
		defer mu.Unlock()
		for rest := event; ; {
			i := bytes.Index(rest, marker)
			if i < 0 {
				return
			}
			rest = rest[i+len(marker):]
			took = append(took, now-stamp(rest))
		}
	}, StreamSeed{Name: "orders", Shards: 4})
	mapTo(b, client, "orders", 100)
	var count atomic.Int64
	var work sync.WaitGroup
	b.ResetTimer()
	for w := range writers {
		work.Go(func() {
			tick := time.NewTicker(writers * time.Millisecond)
			defer tick.Stop()
			for count.Add(1) <= int64(b.N) {
				<-tick.C
				_, err := streams.PutRecord(b.Context(), &kinesis.PutRecordInput{StreamName: aws.String("orders"),
					PartitionKey: aws.String(fmt.Sprint(w, count.Load())), Data: stamped(time.Since(began))})
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	work.Wait()
	require.Eventually(b, func() bool { mu.Lock(); defer mu.Unlock(); return len(took) == b.N }, time.Minute, time.Millisecond)
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
}

// stamp is the time that a payload in base64 begins with.
func stamp(text []byte) time.Duration {
	var head [9]byte
	_, _ = base64.StdEncoding.Decode(head[:], text[:12])
	return time.Duration(binary.BigEndian.Uint64(head[:]))
}

// stamped is a payload of 200 bytes that begins with a time.
func stamped(at time.Duration) []byte {
	payload := make([]byte, 200)
	binary.BigEndian.PutUint64(payload, uint64(at))
	return payload
}

// BenchmarkMappingIdle reports which share of a core 1,000 idle mappings take.
func BenchmarkMappingIdle(b *testing.B) {
	const count = 1000
	seeds := make([]StreamSeed, count)
	for i := range seeds {
		seeds[i] = StreamSeed{Name: fmt.Sprint("s", i), Shards: 1}
	}
	_, client := mapped(b, func([]byte) {}, seeds...)
	for _, seed := range seeds {
		mapTo(b, client, seed.Name, 100)
	}
	time.Sleep(2 * time.Second) // until all have begun
	for b.Loop() {
		before := processorTime(b)
		start := time.Now()
		time.Sleep(5 * time.Second)
		b.ReportMetric(100*float64(processorTime(b)-before)/float64(time.Since(start)), "%-of-a-core")
	}
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
