package shards

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/internal/arn"
)

// SubscribeToShard pushes the records of a shard to a consumer: an event
// leaves as soon as a put is durable, an empty one after five seconds of host
// time without any. It ends after five minutes of service time, with the shard
// (the last event names its children and has no continuation number), when the
// stream or consumer goes, or when the consumer subscribes again five seconds
// later or more.
//
// A consumer is sent 2 MiB a second of each shard, in service time: what is
// more waits. It may call once a second and shard.
//
// State: real
// Notes: pushed by puts, paced to 2 MiB/s
// Test: TestSubscribeToShard
func (s *Streams) SubscribeToShard(ctx context.Context, in *kinesis.SubscribeToShardInput, _ ...opt) (iter.Seq2[types.SubscribeToShardEventStream, error], error) {
	name, err := arn.Parse(aws.ToString(in.ConsumerARN))
	if err != nil || name.Kind != arn.Consumer {
		return nil, errWhichConsumer()
	}
	if in.StartingPosition == nil {
		return nil, errMissing("startingPosition")
	}
	k := keyOf(name)
	index, ok := parseShardID(aws.ToString(in.ShardId))
	if !ok {
		return nil, errNoShard(k, aws.ToString(in.ShardId))
	}
	st, err := s.reachAs(ctx, k, refOf(name))
	if err != nil {
		return nil, err
	}
	if st == nil {
		return nil, errNoStream(k)
	}
	v, now := st.view.Load(), s.clock.Now()
	i := v.state.findConsumer(name.Consumer)
	if i < 0 || v.state.Consumers[i].Created != name.Created*1000 {
		return nil, errNoConsumer(k, name.Consumer)
	}
	c := &v.state.Consumers[i]
	if c.Status != statusActive {
		return nil, errConsumerNotActive(k, c)
	}
	sh := v.shardAt(index, now)
	if sh == nil {
		return nil, errShardMissing(k, index)
	}
	who := subscriber{stream: st.id, name: c.Name, created: c.Created, shard: index}
	pace, err := s.call(st, sh, who, now, s.priceOf(ctx))
	if err != nil {
		return nil, err
	}
	position, err := s.locate(ctx, st, sh, start{operation: "SubscribeToShard", kind: in.StartingPosition.Type,
		number: in.StartingPosition.SequenceNumber, timestamp: in.StartingPosition.Timestamp})
	if err != nil {
		return nil, err
	}
	if aws.ToBool(in.DryRun) {
		return nil, errDryRun()
	}
	sub := &subscription{stream: st, tail: sh.tail, who: who, pace: pace, slowed: gong{struck: make(chan struct{}, 1)},
		began: now, last: now, position: position, taken: make(chan struct{}), expired: make(chan struct{})}
	if err := s.enter(st, sub.who, sub, now); err != nil {
		return nil, err
	}
	return func(yield func(types.SubscribeToShardEventStream, error) bool) { s.run(ctx, sub, yield) }, nil
}
