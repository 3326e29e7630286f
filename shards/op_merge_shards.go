package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// MergeShards joins two open shards of a provisioned stream whose hash keys
// touch, in the order of their keys.
//
// State: real
// Notes: provisioned streams
// Test: TestMergeShards
func (s *Streams) MergeShards(ctx context.Context, in *kinesis.MergeShardsInput, _ ...opt) (*kinesis.MergeShardsOutput, error) {
	if err := s.admitCall(ctx, "MergeShards", commonCalls, in.StreamName, in.StreamARN); err != nil {
		return nil, err
	}
	k, err := s.identify(ctx, in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	var indexes [2]uint32
	for i, raw := range [...]string{aws.ToString(in.ShardToMerge), aws.ToString(in.AdjacentShardToMerge)} {
		var ok bool
		if indexes[i], ok = parseShardID(raw); !ok {
			return nil, errNoShard(k, raw)
		}
	}
	st, err := s.mustReach(ctx, k)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, st, func(v *view, now time.Time) (command, error) {
		first, err := v.reshardable(k, indexes[0], now)
		if err != nil {
			return nil, err
		}
		second, err := v.reshardable(k, indexes[1], now)
		if err != nil {
			return nil, err
		}
		for _, sh := range [...]*shard{first, second} {
			if !sh.open() {
				return nil, errAlreadyResharded(k, sh.id)
			}
		}
		if first.to == lastHash() || first.to.next() != second.from {
			return nil, errNotAdjacent(k, first.id, second.id)
		}
		p := planner{next: v.state.NextShard}
		p.merge(first.shardRecord, second.shardRecord)
		return s.updating(now, nil, &reshard{Plan: p.plan})
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.MergeShardsOutput{}, nil
}
