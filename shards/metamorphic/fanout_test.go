package metamorphic

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

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
	events := w.push(ctx, s, c, cur)
	if events == nil {
		if c.ended[cur.shard] {
			return 1
		}
		return 0
	}
	next, stop := iter.Pull2(events)
	defer stop()
	for closed || s.unread(c, cur.shard) {
		event, err, ok := next()
		if !ok {
			w.broken(lawProgress, "a subscription to %s ends early", cur.shard)
		}
		p := pushed(cur, event, err)
		n += len(p.records)
		if w.digest(s, c, p); p.next == nil {
			return n + 1
		}
		if len(p.records) == 0 && s.unread(c, cur.shard) { // five seconds without any
			w.broken(lawOnce, "%s of %s is not pushed to %s", s.byShard[cur.shard][len(s.byShard[cur.shard])-1].payload, cur.shard, c.name)
		}
	}
	return n
}

// push subscribes to a shard: nil if there is nothing to be had.
func (w *world) push(ctx context.Context, s *stream, c *consumer, cur *cursor) iter.Seq2[types.SubscribeToShardEventStream, error] {
	at := &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon}
	if cur.after != "" {
		at = &types.StartingPosition{Type: types.ShardIteratorTypeAfterSequenceNumber, SequenceNumber: &cur.after}
	}
	events, err := w.room.SubscribeToShard(shards.Free(ctx), &kinesis.SubscribeToShardInput{ConsumerARN: &c.arn, ShardId: &cur.shard, StartingPosition: at})
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		w.lost(s, c, cur)
		return nil
	}
	if !w.answered("SubscribeToShard", err) {
		return nil
	}
	cur.since = w.clock.Now()
	return events
}

func pushed(cur *cursor, event types.SubscribeToShardEventStream, err error) page {
	if err != nil {
		return page{cursor: cur, err: err}
	}
	got := event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
	return page{cursor: cur, records: got.Records, children: got.ChildShards, next: got.ContinuationSequenceNumber}
}

// listen is pushed what comes to the shards that a consumer reads, until the
// end is asked for. Nobody looks at it meanwhile: what is pushed may not have
// been acknowledged yet.
func (w *world) listen(s *stream, c *consumer) (end func() []page) {
	if !w.begin(s, c) {
		return nil
	}
	ctx, cancel := context.WithCancel(w.ctx)
	var (
		work  sync.WaitGroup
		mu    sync.Mutex
		pages []page // guarded by mu
	)
	for _, name := range c.shards() {
		cur := c.open[name]
		if cur == nil || w.clock.Now().Sub(cur.since) < 5*time.Second {
			continue
		}
		events := w.push(ctx, s, c, cur)
		if events == nil {
			continue
		}
		work.Go(func() {
			for event, err := range events {
				mu.Lock()
				pages = append(pages, pushed(cur, event, err))
				mu.Unlock()
			}
		})
	}
	return func() []page {
		cancel()
		work.Wait()
		return pages
	}
}
