package metamorphic

import (
	"errors"
	"math/big"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/shards"
)

// record is what a producer remembers of a record.
type record struct {
	payload, key  string
	n             int  // grows within a key
	free          bool // spread over the shards: in order within each only
	shard, number string
}

// stream is what was promised about a stream.
type stream struct {
	*world
	name      string
	acked     map[string]*record   // by payload
	byShard   map[string][]*record // the same
	numbers   map[string]bool      // of all, for ever
	newest    map[string]string    // number by shard
	parents   map[string][]string
	consumers []*consumer
}

// batch is a put and its answer.
type batch struct {
	list []types.PutRecordsRequestEntry
	all  []*record
	out  *kinesis.PutRecordsOutput
	err  error
}

// auto reports whether records are spread whatever their key.
func (w *world) auto(s *stream) bool {
	out, err := w.room.DescribeStreamSummary(shards.Free(w.ctx), &kinesis.DescribeStreamSummaryInput{StreamName: &s.name})
	w.must(err)
	return out.StreamDescriptionSummary.RecordDistributionStrategy == types.RecordDistributionStrategyAuto
}

// ack is an answer about one record.
type ack struct {
	record        *record
	shard, number string
}

func (s *stream) acks(all []*record, out *kinesis.PutRecordsOutput) (done []ack) {
	if len(out.Records) != len(all) {
		s.broken(lawService, "PutRecords of %d records answers for %d", len(all), len(out.Records))
	}
	for i, e := range out.Records {
		switch {
		case e.ErrorCode == nil:
			done = append(done, ack{all[i], *e.ShardId, *e.SequenceNumber})
		case *e.ErrorCode != "ProvisionedThroughputExceededException":
			s.broken(lawService, "a record fails with %s: %s", *e.ErrorCode, aws.ToString(e.ErrorMessage))
		}
	}
	return done
}

func (s *stream) acknowledgeAll(all []*record, out *kinesis.PutRecordsOutput) {
	for _, a := range s.acks(all, out) {
		s.acknowledge(a.record, a.shard, a.number)
	}
}

// acknowledge remembers a record that was written.
func (s *stream) acknowledge(r *record, shard, number string) {
	if s.numbers[number] {
		s.broken(lawNumbers, "%s is given to %s, and was given before", number, r.payload)
	}
	if last := s.newest[shard]; last != "" && compareNumbers(last, number) >= 0 {
		s.broken(lawNumbers, "%s comes after %s in %s", number, last, shard)
	}
	r.shard, r.number = shard, number
	s.numbers[number], s.newest[shard], s.acked[r.payload] = true, number, r
	s.byShard[shard] = append(s.byShard[shard], r)
	s.sum.written++
	if r.free {
		s.sum.spread++
	}
}

// forget drops what everybody has read and nobody can read any more.
func (s *stream) forget() {
	for _, c := range s.consumers {
		for payload := range c.seen {
			if s.acked[payload] == nil {
				delete(c.seen, payload)
			}
		}
	}
}

func number(text string) *big.Int {
	n, _ := new(big.Int).SetString(text, 10)
	return n
}

func compareNumbers(a, b string) int { return number(a).Cmp(number(b)) }

func sortByKey(list []types.Shard) {
	slices.SortFunc(list, func(a, b types.Shard) int {
		return compareNumbers(*a.HashKeyRange.StartingHashKey, *b.HashKeyRange.StartingHashKey)
	})
}

// list lists shards, page by page. A stream in CREATING has none.
func (w *world) list(s *stream, filter *types.ShardFilter) []types.Shard {
	in := &kinesis.ListShardsInput{StreamName: &s.name, ShardFilter: filter, MaxResults: aws.Int32(int32(1 + w.dice.IntN(20)))}
	var out []types.Shard
	for {
		page, err := w.room.ListShards(shards.Free(w.ctx), in)
		var creating *types.ResourceInUseException
		if errors.As(err, &creating) {
			return nil
		}
		w.must(err)
		out = append(out, page.Shards...)
		for i := range page.Shards {
			s.learn(&page.Shards[i])
		}
		if page.NextToken == nil {
			return out
		}
		in = &kinesis.ListShardsInput{NextToken: page.NextToken, MaxResults: in.MaxResults}
	}
}

func (s *stream) learn(sh *types.Shard) {
	var parents []string
	for _, p := range []*string{sh.ParentShardId, sh.AdjacentParentShardId} {
		if p != nil {
			parents = append(parents, *p)
		}
	}
	s.parents[*sh.ShardId] = parents
}

// checkTiling looks at the present, at the horizon, and at a moment between.
func (w *world) checkTiling(s *stream) {
	w.tiles(s, "now", w.open(s))
	w.tiles(s, "at the horizon", w.list(s, &types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon}))
	at := w.clock.Now().Add(-time.Duration(w.dice.Int64N(int64(20 * time.Hour)))).Truncate(time.Millisecond)
	w.tiles(s, "at "+at.Format(time.RFC3339Nano), w.list(s, &types.ShardFilter{Type: types.ShardFilterTypeAtTimestamp, Timestamp: &at}))
}

func (w *world) tiles(s *stream, when string, list []types.Shard) {
	if len(list) == 0 {
		return // CREATING, or before
	}
	sortByKey(list)
	next := new(big.Int)
	for _, sh := range list {
		if from := number(*sh.HashKeyRange.StartingHashKey); from.Cmp(next) != 0 {
			w.broken(lawTiling, "%s %s: %s begins at %v, not at %v", s.name, when, *sh.ShardId, from, next)
		}
		next.Add(number(*sh.HashKeyRange.EndingHashKey), big.NewInt(1))
	}
	if next.BitLen() != 129 {
		w.broken(lawTiling, "%s %s: the last shard ends before %v", s.name, when, next)
	}
}
