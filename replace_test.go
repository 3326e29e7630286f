package sluice

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// The whole instance is closed and opened again a hundred times while eight
// writers put records: they see no error, lose nothing that was acknowledged,
// and nothing that was opened stays open.
func TestReplacedAHundredTimesUnderLoad(t *testing.T) {
	c := onDisk(t.TempDir())
	c.Streams = []StreamSeed{{Name: "orders", Shards: 2}}
	s := open(t, c)
	client := kinesis.NewFromConfig(s.AWSConfig())

	stop := make(chan struct{})
	var acknowledged atomic.Int64
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				_, err := client.PutRecord(t.Context(), &kinesis.PutRecordInput{
					StreamName: aws.String("orders"), PartitionKey: aws.String(fmt.Sprint(w)), Data: fmt.Appendf(nil, "%d %d", w, n),
				})
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
				acknowledged.Add(1)
			}
		})
	}
	var early held
	for round := range 100 {
		// Every instance takes some records before it goes.
		for before := acknowledged.Load(); acknowledged.Load() < before+20 && !t.Failed(); {
			time.Sleep(time.Millisecond)
		}
		require.NoError(t, s.Replace(t.Context()))
		if round == 9 {
			early = holds()
		}
	}
	requireNoMore(t, early)
	close(stop)
	writers.Wait()
	t.Logf("%d records acknowledged", acknowledged.Load())
	require.EqualValues(t, acknowledged.Load(), countRecords(t, client))
}

// held is what the process has at a moment.
type held struct{ goroutines, descriptors int }

func holds() held { return held{runtime.NumGoroutine(), openFiles()} }

// requireNoMore wants no more of anything than there was early on, but for what
// the connections of clients make up. Those come and go while they write, so
// it looks for as long as it takes; what is lost stays lost.
func requireNoMore(t *testing.T, early held) {
	t.Helper()
	var now held
	require.Eventually(t, func() bool {
		now = holds()
		return now.goroutines <= early.goroutines+20 && now.descriptors <= early.descriptors+10
	}, time.Minute, 10*time.Millisecond, "early %+v", early)
	t.Logf("early %+v, at the end %+v", early, now)
}

// openFiles counts this process's descriptors where the system shows them.
func openFiles() int {
	list, _ := os.ReadDir("/proc/self/fd")
	return len(list)
}

func countRecords(t *testing.T, client *kinesis.Client) (count int) {
	t.Helper()
	seen := map[string]bool{}
	for _, shard := range []string{"shardId-000000000000", "shardId-000000000001"} {
		at, err := client.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{
			StreamName: aws.String("orders"), ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
		})
		require.NoError(t, err)
		next := at.ShardIterator
		for idle := 0; idle < 2; {
			out, err := client.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: next})
			require.NoError(t, err)
			for _, r := range out.Records {
				require.False(t, seen[string(r.Data)], "%s came twice", r.Data)
				seen[string(r.Data)] = true
			}
			count += len(out.Records)
			next = out.NextShardIterator
			if len(out.Records) == 0 {
				idle++
			}
		}
	}
	return count
}

// A subscription ends cleanly when its instance is replaced.
func TestReplaceEndsSubscriptions(t *testing.T) {
	s := RunT(t, WithStreams(StreamSeed{Name: "orders", Shards: 1}))
	client := kinesis.NewFromConfig(s.AWSConfig())
	arn := *summary(t, s).StreamARN
	consumer, err := client.RegisterStreamConsumer(t.Context(), &kinesis.RegisterStreamConsumerInput{StreamARN: &arn, ConsumerName: aws.String("app")})
	require.NoError(t, err)
	sub, err := client.SubscribeToShard(t.Context(), &kinesis.SubscribeToShardInput{
		ConsumerARN: consumer.Consumer.ConsumerARN, ShardId: aws.String("shardId-000000000000"),
		StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest},
	})
	require.NoError(t, err)
	start := time.Now()
	require.NoError(t, s.Replace(t.Context()))
	for range sub.GetStream().Events() {
	}
	if err := sub.GetStream().Err(); err != nil {
		require.True(t, strings.Contains(err.Error(), "EOF"), err)
	}
	require.Less(t, time.Since(start), time.Minute)
}
