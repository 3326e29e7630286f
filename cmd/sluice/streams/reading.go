package streams

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// patience is how often in a row a shard may fail to be read.
const patience = 10

// reading is a shard that is being read.
type reading struct {
	shard string
	from  Position
	// last is the sequence number of the last record that was fetched.
	last     string
	iterator *string
	page     []types.Record
	// atTip means that the shard had nothing more when it was asked.
	atTip bool
	// drained means that the shard is closed and has no more.
	drained  bool
	children []types.Shard
	// due is when it may be asked again; failures counts refusals in a row.
	due      time.Time
	failures int
}

// blocks is true while the shard may hold a record older than those at hand.
// When following, a shard that is refused must not hold up the others.
func (r *reading) blocks(follow bool) bool {
	return len(r.page) == 0 && !r.drained && !r.atTip && !(follow && r.failures > 0)
}

// exhausted is true when a reader that does not follow is done with it.
func (r *reading) exhausted() bool { return len(r.page) == 0 && r.atTip && !r.drained }

// fetchShard gets the next page of a shard. A failure that may pass only moves
// the time of the next attempt.
func (f *Follower) fetchShard(ctx context.Context, r *reading, limit int32) error {
	err := f.tryShard(ctx, r, limit)
	var expired *types.ExpiredIteratorException
	switch {
	case err == nil:
		r.failures = 0
		return nil
	case errors.As(err, &expired):
		r.iterator = nil // opened anew behind the last record
	case !transient(err):
		return located{r.shard, err}
	}
	r.failures++
	if r.failures > patience {
		return located{r.shard, err}
	}
	r.due = f.Clock.Now().Add(backoff(r.failures-1, f.Dice))
	return nil
}

func (f *Follower) tryShard(ctx context.Context, r *reading, limit int32) error {
	if r.iterator == nil {
		in := &kinesis.GetShardIteratorInput{ShardId: &r.shard}
		in.StreamName, in.StreamARN = Reference(f.Stream)
		from := r.from
		if r.last != "" {
			from = Position{Kind: types.ShardIteratorTypeAfterSequenceNumber, Sequence: r.last}
		}
		from.apply(in)
		out, err := f.Source.GetShardIterator(ctx, in, once)
		if err != nil {
			return err
		}
		r.iterator = out.ShardIterator
	}
	out, err := f.Source.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: r.iterator, Limit: &limit}, once)
	if err != nil {
		return err
	}
	r.page, r.iterator = out.Records, out.NextShardIterator
	r.drained = aws.ToString(out.NextShardIterator) == ""
	r.atTip = aws.ToInt64(out.MillisBehindLatest) == 0 && len(out.Records) < int(limit)
	if n := len(out.Records); n > 0 {
		r.last = aws.ToString(out.Records[n-1].SequenceNumber)
	}
	if r.atTip {
		r.due = f.Clock.Now().Add(f.Poll)
	}
	for _, c := range out.ChildShards {
		child := types.Shard{ShardId: c.ShardId}
		for i, parent := range c.ParentShards {
			if i == 0 {
				child.ParentShardId = aws.String(parent)
			} else {
				child.AdjacentParentShardId = aws.String(parent)
			}
		}
		r.children = append(r.children, child)
	}
	return nil
}

// byArrival is a heap of shards with records at hand, the one with the oldest
// on top. Equal times go by shard, so that the order is always the same.
type byArrival []*reading

func (h byArrival) Len() int      { return len(h) }
func (h byArrival) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h byArrival) Less(i, j int) bool {
	a, b := aws.ToTime(h[i].page[0].ApproximateArrivalTimestamp), aws.ToTime(h[j].page[0].ApproximateArrivalTimestamp)
	if a.Equal(b) {
		return h[i].shard < h[j].shard
	}
	return a.Before(b)
}

// Push implements heap.Interface.
func (h *byArrival) Push(x any) { *h = append(*h, x.(*reading)) }

// Pop implements heap.Interface.
func (h *byArrival) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
