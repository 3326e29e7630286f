package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// GetShardIterator names a position in a shard, open or closed, in a sealed
// token that is good for five minutes and differs from answer to answer.
//
// State: real
// Notes: all five types
// Test: TestGetShardIterator
func (s *Streams) GetShardIterator(ctx context.Context, in *kinesis.GetShardIteratorInput, _ ...opt) (*kinesis.GetShardIteratorOutput, error) {
	k, err := s.identify(ctx, in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	st, sh, err := s.shardOf(ctx, k, aws.ToString(in.ShardId))
	if err != nil {
		return nil, err
	}
	position, err := s.locate(ctx, st, sh, start{operation: "GetShardIterator", kind: in.ShardIteratorType,
		number: in.StartingSequenceNumber, timestamp: in.Timestamp})
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	if err := s.admitIterator(k, sh, now); err != nil {
		return nil, err
	}
	if aws.ToBool(in.DryRun) {
		return nil, errDryRun()
	}
	return &kinesis.GetShardIteratorOutput{ShardIterator: aws.String(s.sealIterator(k, iterator{
		stream: st.id, name: k.name, shard: sh.index, position: position, made: millis(now),
	}))}, nil
}
