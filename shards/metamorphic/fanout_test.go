package metamorphic

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/shards"
)

// register makes a consumer one of enhanced fan-out.
func (w *world) register(s *stream, c *consumer) {
	arn := "arn:aws:kinesis:" + region + ":" + account + ":stream/" + s.name
	name := "fan"
	out, err := w.room.RegisterStreamConsumer(shards.Free(w.ctx), &kinesis.RegisterStreamConsumerInput{StreamARN: &arn, ConsumerName: &name})
	w.must(err)
	c.arn = *out.Consumer.ConsumerARN
	w.clock.Step(w.config.Transition.Duration)
}

// subscribe follows each shard as far as there is something to be told.
func (w *world) subscribe(s *stream, c *consumer) (n int) {
	if !w.begin(s, c) {
		return 0
	}
	closed := map[string]bool{}
	for _, sh := range w.list(s, nil) {
		closed[*sh.ShardId] = sh.SequenceNumberRange.EndingSequenceNumber != nil
	}
	for _, name := range c.shards() {
		cur := c.open[name]
		if _, listed := closed[name]; cur != nil && !listed {
			w.lost(s, c, cur)
			n++
			continue
		}
		// A shard takes a subscription every five seconds.
		if cur != nil && w.clock.Now().Sub(cur.since) >= 5*time.Second {
			n += w.follow(s, c, cur, closed[name])
		}
	}
	return n
}

// unread reports whether records of a shard have not reached a consumer.
func (s *stream) unread(c *consumer, shard string) bool {
	all := s.byShard[shard]
	return len(all) > 0 && !c.seen[all[len(all)-1].payload]
}

// follow takes events of one shard: to the end of one that is closed, else as
// long as there are records.
func (w *world) follow(s *stream, c *consumer, cur *cursor, closed bool) (n int) {
	if !closed && !s.unread(c, cur.shard) {
		return 0
	}
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	at := &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon}
	if cur.after != "" {
		at = &types.StartingPosition{Type: types.ShardIteratorTypeAfterSequenceNumber, SequenceNumber: &cur.after}
	}
	events, err := w.room.SubscribeToShard(shards.Free(ctx), &kinesis.SubscribeToShardInput{ConsumerARN: &c.arn, ShardId: &cur.shard, StartingPosition: at})
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		w.lost(s, c, cur)
		return 1
	}
	if !w.answered("SubscribeToShard", err) {
		return 0
	}
	cur.since = w.clock.Now()
	next, stop := iter.Pull2(events)
	defer stop()
	for closed || s.unread(c, cur.shard) {
		event, err, ok := next()
		if !ok {
			w.broken(lawProgress, "a subscription to %s ends early", cur.shard)
		}
		w.must(err)
		got := event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
		n += len(got.Records)
		w.digest(s, c, page{cur, got.Records, got.ChildShards, got.ContinuationSequenceNumber})
		if got.ContinuationSequenceNumber == nil {
			return n + 1
		}
		cur.after, cur.iterator = aws.ToString(got.ContinuationSequenceNumber), ""
	}
	return n
}
