package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// SplitShard cuts an open shard of a provisioned stream in two. Records land
// in the parent until the stream is ACTIVE again, then in the children.
//
// State: real
// Notes: provisioned streams
// Test: TestSplitShard
func (s *Streams) SplitShard(ctx context.Context, in *kinesis.SplitShardInput, _ ...opt) (*kinesis.SplitShardOutput, error) {
	if err := s.admitCall(ctx, "SplitShard", commonCalls, in.StreamName, in.StreamARN); err != nil {
		return nil, err
	}
	k, err := s.identify(ctx, in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	index, ok := parseShardID(aws.ToString(in.ShardToSplit))
	if !ok {
		return nil, errNoShard(k, aws.ToString(in.ShardToSplit))
	}
	st, err := s.mustReach(ctx, k)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, st, func(v *view, now time.Time) (command, error) {
		parent, err := v.reshardable(k, index, now)
		if err != nil {
			return nil, err
		}
		if now, limit := s.use(k).open, s.shardQuota(k.region); now+1 > limit {
			return nil, errShardQuota(k, now, limit, 1)
		}
		if !parent.open() {
			return nil, errAlreadyResharded(k, parent.id)
		}
		at, ok := parseHash(aws.ToString(in.NewStartingHashKey))
		if !ok || !parent.from.next().less(at) || !at.less(parent.to) {
			return nil, errSplitPoint(k, aws.ToString(in.NewStartingHashKey), parent)
		}
		p := planner{next: v.state.NextShard}
		p.split(parent.shardRecord, at)
		return s.updating(now, nil, &reshard{Plan: p.plan})
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.SplitShardOutput{}, nil
}

// reshardable returns a shard that a stream has, if its shard map may be
// changed by hand now.
func (v *view) reshardable(k streamKey, index uint32, now time.Time) (*shard, error) {
	if v.state.Mode == modeOnDemand {
		return nil, errOnDemand(k)
	}
	if !v.active() {
		return nil, errNotActive(k, v.state.Status)
	}
	sh := v.shardAt(index, now)
	if sh == nil {
		return nil, errNoShard(k, shardID(int64(index)))
	}
	return sh, nil
}
