package poller

import (
	"context"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// subscriptionPause is how long to wait before a subscription is tried again.
// The service lets a consumer call once a second, and not within five seconds
// of a call that succeeded.
const subscriptionPause = time.Second

// subscribe keeps a subscription to the shard, which the service ends every
// five minutes, until all of it was read.
func (s *shard) subscribe() {
	ctx, p := s.run.ctx, s.run.p
	for s.roomFor(ctx) {
		began, got := s.run.now(), false
		err := s.receive(ctx, &got)
		if ctx.Err() != nil {
			break
		}
		wait, over := s.after(err)
		if !got && s.run.now().Equal(began) {
			wait = max(wait, subscriptionPause)
		}
		if over || p.config.Clock.Sleep(ctx, wait) != nil {
			break
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.run.subscribed--
	p.rested()
}

// after tells how long to wait after a subscription has ended, or that there
// is nothing more to subscribe to.
func (s *shard) after(err error) (wait time.Duration, over bool) {
	p := s.run.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil || s.gone || s.flow.closed {
		return 0, s.gone || s.flow.closed
	}
	s.failed(err)
	if s.flow.closed {
		s.pump()
	}
	return max(subscriptionPause, p.config.Retry.pause(s.troubles)), s.gone || s.flow.closed
}

// roomFor waits until the flow has room. It reports false when ctx has ended.
func (s *shard) roomFor(ctx context.Context) bool {
	for {
		s.run.p.mu.Lock()
		room := s.flow.room()
		s.run.p.mu.Unlock()
		if room > 0 {
			return ctx.Err() == nil
		}
		select {
		case <-s.roomy:
		case <-ctx.Done():
			return false
		}
	}
}

// receive subscribes once and takes what is pushed.
func (s *shard) receive(ctx context.Context, got *bool) error {
	events, err := s.connect(ctx)
	if err != nil {
		return err
	}
	for e, err := range events {
		if err != nil {
			return err
		}
		pushed, ok := e.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent)
		if !ok {
			continue
		}
		*got = true
		s.pushed(ctx, &pushed.Value)
		if pushed.Value.ContinuationSequenceNumber == nil || !s.roomFor(ctx) {
			return nil
		}
	}
	return nil
}

func (s *shard) connect(ctx context.Context) (iter.Seq2[types.SubscribeToShardEventStream, error], error) {
	s.run.p.mu.Lock()
	from := s.next
	s.run.p.mu.Unlock()
	at := &types.StartingPosition{Type: types.ShardIteratorTypeAfterSequenceNumber, SequenceNumber: &from.after}
	if from.after == "" {
		at = &types.StartingPosition{Type: types.ShardIteratorTypeAtTimestamp, Timestamp: aws.Time(time.UnixMilli(from.at).UTC())}
	}
	return s.run.p.config.Readers.config.Source.SubscribeToShard(ctx, &kinesis.SubscribeToShardInput{
		ConsumerARN: aws.String(s.run.mapping.Source.String()), ShardId: &s.member.id, StartingPosition: at})
}

// pushed takes one event. While that lasts movers of the clock wait.
func (s *shard) pushed(ctx context.Context, e *types.SubscribeToShardEvent) {
	p := s.run.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.gone || !p.enter() {
		return
	}
	defer p.leave()
	p.mu.Unlock()
	records := recordsOf(e.Records)
	items := s.flow.prepare(records)
	reached := len(records) == 0 || p.config.Readers.config.Tips.Reached(ctx, s.tap.key.stream, s.member.id, records[len(records)-1].SequenceNumber)
	p.mu.Lock()
	waited := s.flow.tip
	if len(records) > 0 {
		s.next = spot{after: records[len(records)-1].SequenceNumber}
		s.flow.tip = reached
	} else {
		s.flow.tip = true
	}
	s.troubles, s.trouble, s.notBefore = 0, "", time.Time{}
	if e.ContinuationSequenceNumber == nil {
		s.flow.end()
	}
	s.flow.offer(s.run.now(), items, waited)
	s.pump()
}
