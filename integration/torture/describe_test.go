package torture

import (
	"context"
	"slices"

	"github.com/anishathalye/porcupine"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// descriptions are the calls that tell which shards a stream has. All of them
// have to tell of the same moment that a put, a split or a get knows.
func descriptions() []string { return []string{describe, describeStream, summary} }

// describe asks which shards there are, in one of three ways.
func (l *linear) describe(ctx context.Context, q question) (a answer, err error) {
	k := l.calls.kinesis
	switch q.what {
	case summary:
		out, e := k.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &l.stream})
		if e != nil {
			return a, e
		}
		return answer{open: int(*out.StreamDescriptionSummary.OpenShardCount)}, nil
	case describeStream:
		out, e := k.DescribeStream(ctx, &kinesis.DescribeStreamInput{StreamName: &l.stream})
		if e != nil {
			return a, e
		}
		return answer{shards: spansOf(out.StreamDescription.Shards)}, nil
	}
	out, err := k.ListShards(ctx, &kinesis.ListShardsInput{StreamName: &l.stream})
	if err != nil {
		return a, err
	}
	return answer{shards: spansOf(out.Shards)}, nil
}

// spansOf are shards as they were told, the closed ones among them.
func spansOf(shards []types.Shard) (all []span) {
	for _, s := range shards {
		all = append(all, span{id: *s.ShardId, from: topByte(*s.HashKeyRange.StartingHashKey), to: topByte(*s.HashKeyRange.EndingHashKey),
			closed: s.SequenceNumberRange.EndingSequenceNumber != nil})
	}
	return all
}

// open counts the shards that take records.
func (l *lineage) open() (n int) {
	for _, s := range l.shards {
		if !s.closed {
			n++
		}
	}
	return n
}

// staleDescriptions change what a description told to what it was before: its
// reshardings were answered when it was asked, and none was under way, so that
// what it has to tell is certain.
func staleDescriptions() map[string]func([]porcupine.Operation) bool {
	listed := func(what string, change func(h []porcupine.Operation, a *answer)) func([]porcupine.Operation) bool {
		return func(h []porcupine.Operation) bool {
			return settled(h, what, func(a *answer, _ string) { change(h, a) })
		}
	}
	return map[string]func([]porcupine.Operation) bool{
		"ListShards is stale":     listed(describe, older),
		"DescribeStream is stale": listed(describeStream, older),
		"DescribeStream shows a parent as open": listed(describeStream, func(_ []porcupine.Operation, a *answer) {
			a.shards = slices.Clone(a.shards)
			a.shards[0].closed = false // the first one is the parent of all
		}),
		"DescribeStream leaves a child out": listed(describeStream, func(_ []porcupine.Operation, a *answer) {
			a.shards = a.shards[:len(a.shards)-1]
		}),
		"DescribeStreamSummary is stale": func(h []porcupine.Operation) bool {
			return settled(h, summary, func(a *answer, last string) {
				if last == split {
					a.open--
				} else {
					a.open++
				}
			})
		},
	}
}

// settled finds a description of a kind that was asked after a resharding and
// during none, and has its answer changed. It passes on what the last
// resharding was.
func settled(h []porcupine.Operation, what string, change func(a *answer, last string)) bool {
	for i, op := range h {
		if q, _ := op.Input.(question); q.what != what {
			continue
		}
		last, until, during := "", int64(0), false
		for _, other := range h {
			q, _ := other.Input.(question)
			a, _ := other.Output.(answer)
			if a.refused || q.what != split && q.what != merge {
				continue
			}
			if other.Return < op.Call && other.Return > until {
				last, until = q.what, other.Return
			}
			during = during || other.Call <= op.Return && other.Return >= op.Call
		}
		a, _ := op.Output.(answer)
		if last == "" || during || a.refused {
			continue
		}
		change(&a, last)
		h[i].Output = a
		return true
	}
	return false
}

// older makes an answer tell of what was told last before it, or of the stream
// as it was made. Shards only become more.
func older(h []porcupine.Operation, a *answer) {
	stale := []span{{id: shardName(0), to: 255}}
	for _, op := range h {
		seen, _ := op.Output.(answer)
		if n := len(seen.shards); n > len(stale) && n < len(a.shards) {
			stale = seen.shards
		}
	}
	a.shards = stale
}
