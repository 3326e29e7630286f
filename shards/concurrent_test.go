package shards

import (
	"fmt"
	"math/big"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// TestConcurrent runs producers, readers and reshards against each other.
// Every acknowledged record must be read exactly once, the records of each key
// in the order in which its producer wrote them, along the lineage of shards.
func TestConcurrent(t *testing.T) {
	const producers, batches, perBatch = 4, 60, 25
	r := open(t)
	r.create("a", 2)

	var writers, background sync.WaitGroup
	stop, reshards := make(chan struct{}), new(atomic.Int64)
	for p := range producers {
		writers.Go(func() { r.produce(p, batches, perBatch, reshards) })
	}
	background.Go(func() { r.reshardUntil(stop, reshards) })
	got := &journal{byKey: map[string][]string{}, numbers: map[string]int{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.consume(got, producers*batches*perBatch)
	}()

	writers.Wait()
	close(stop)
	background.Wait()
	select {
	case <-done:
	case <-time.After(2 * time.Minute):
		t.Fatalf("read %d of %d records", got.count(), producers*batches*perBatch)
	}
	for key, values := range got.byKey {
		require.True(t, slices.IsSortedFunc(values, compareDecimal), "order of key %s: %v", key, values)
		require.Len(t, slices.Compact(slices.Clone(values)), len(values), "key %s has repeats", key)
	}
	require.Equal(t, producers*batches*perBatch, got.count())
	require.Greater(t, len(r.only("a").view.Load().state.Shards), 10, "it was resharded")
}

func compareDecimal(a, b string) int {
	x, _ := new(big.Int).SetString(a, 10)
	y, _ := new(big.Int).SetString(b, 10)
	return x.Cmp(y)
}

// produce writes rising numbers under a few keys, some one by one, and sees
// to it that every record is acknowledged. It keeps pace with the reshards.
func (r *room) produce(producer, batches, perBatch int, reshards *atomic.Int64) {
	n := 0
	for b := range batches {
		for reshards.Load() < int64(b/4) {
			runtime.Gosched()
		}
		var records []types.PutRecordsRequestEntry
		for i := range perBatch {
			records = append(records, types.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprintf("%d-%d", producer, i%5)), Data: fmt.Append(nil, n)})
			n++
		}
		if b%10 == 0 {
			for i := range records {
				_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: records[i].PartitionKey, Data: records[i].Data})
				if err != nil {
					r.t.Error(err)
				}
			}
			continue
		}
		out, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: records})
		if err != nil || *out.FailedRecordCount != 0 {
			r.t.Error("put records: ", err)
		}
	}
}

// reshardUntil splits and merges at random places.
func (r *room) reshardUntil(stop chan struct{}, done *atomic.Int64) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		open := openRecords(r.only("a").view.Load().state)
		var err error
		if i%3 == 2 || len(open) > 12 {
			at := i % (len(open) - 1)
			_, err = r.MergeShards(r.ctx, &kinesis.MergeShardsInput{StreamName: aws.String("a"), ShardToMerge: aws.String(shardID(int64(open[at].index))), AdjacentShardToMerge: aws.String(shardID(int64(open[at+1].index)))})
		} else {
			s := open[i%len(open)]
			_, err = r.SplitShard(r.ctx, &kinesis.SplitShardInput{StreamName: aws.String("a"), ShardToSplit: aws.String(shardID(int64(s.index))), NewStartingHashKey: aws.String(middle(s.from, s.to).String())})
		}
		if err != nil {
			r.t.Error(err)
			return
		}
		done.Add(1)
		out, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{StreamName: aws.String("a"), ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}})
		if err != nil {
			r.t.Error(err)
			return
		}
		requireCover(r.t, out.Shards)
	}
}

// journal is what consumers have read.
type journal struct {
	mu      sync.Mutex
	byKey   map[string][]string
	numbers map[string]int
}

func (j *journal) add(records []types.Record) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, rec := range records {
		j.byKey[*rec.PartitionKey] = append(j.byKey[*rec.PartitionKey], string(rec.Data))
		j.numbers[*rec.SequenceNumber]++
	}
}

func (j *journal) count() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.numbers)
}

// consume reads shards as clients do: children when all their parents are
// read to the end. It ends when it has seen so many records.
func (r *room) consume(j *journal, want int) {
	reading := map[string]string{} // shard -> iterator
	finished := map[string]bool{}
	for _, sh := range r.list("a", &types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon}) {
		reading[*sh.ShardId] = r.iterator("a", *sh.ShardId, types.ShardIteratorTypeTrimHorizon)
	}
	for j.count() < want {
		for id, it := range reading {
			out, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it, Limit: aws.Int32(100)})
			if err != nil {
				r.t.Error(err)
				return
			}
			j.add(out.Records)
			if out.NextShardIterator != nil {
				reading[id] = *out.NextShardIterator
				continue
			}
			delete(reading, id)
			finished[id] = true
			for _, child := range out.ChildShards {
				ready := true
				for _, p := range child.ParentShards {
					ready = ready && finished[p]
				}
				if ready {
					reading[*child.ShardId] = r.iterator("a", *child.ShardId, types.ShardIteratorTypeTrimHorizon)
				}
			}
		}
	}
}
