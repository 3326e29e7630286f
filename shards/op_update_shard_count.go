package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// scaleChange names the changes that UpdateShardCount counts per day.
const scaleChange = "shard-count"

// UpdateShardCount brings a provisioned stream to another number of open
// shards, between half and double: by splits of every shard and merges of
// neighbours, as the service does it. Shards in between are listed, closed and
// empty. Asking for the present number succeeds and changes nothing.
//
// State: real
// Notes: provisioned streams; 10 a day
// Test: TestUpdateShardCount
func (s *Streams) UpdateShardCount(ctx context.Context, in *kinesis.UpdateShardCountInput, _ ...opt) (*kinesis.UpdateShardCountOutput, error) {
	if err := s.admitCall(ctx, "UpdateShardCount", updateCountCalls, in.StreamName, in.StreamARN); err != nil {
		return nil, err
	}
	st, err := s.resolve(ctx, in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	target, before := int(aws.ToInt32(in.TargetShardCount)), 0
	if target < 1 {
		return nil, errMissing("targetShardCount")
	}
	err = s.change(ctx, st, func(v *view, now time.Time) (command, error) {
		before = len(v.layout.open)
		if err := s.scalable(st.key, v, target, now); err != nil || target == before {
			return nil, err
		}
		p := planner{next: v.state.NextShard}
		p.scale(openRecords(v.state), target)
		return s.updating(now, &countChange{What: scaleChange}, &reshard{Plan: p.plan})
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.UpdateShardCountOutput{
		StreamName: aws.String(st.key.name), StreamARN: aws.String(st.key.arn().String()),
		CurrentShardCount: aws.Int32(int32(before)), TargetShardCount: in.TargetShardCount,
	}, nil
}

// scalable holds a target to the rules of the service.
func (s *Streams) scalable(k streamKey, v *view, target int, now time.Time) error {
	open := len(v.layout.open)
	switch {
	case v.state.Mode == modeOnDemand:
		return errOnDemand(k)
	case !v.active():
		return errNotActive(k, v.state.Status)
	case target > 2*open:
		return errScaleUp(open, target)
	case target < (open+1)/2:
		return errScaleDown(open, target)
	case target > scaleLimit:
		return errScaleTooFar(target, scaleLimit)
	}
	if used, limit := s.use(k).open, s.shardQuota(k.region); used+target-open > limit {
		return errShardQuota(k, used, limit, target-open)
	}
	return s.perDay(k, v.state, scaleChange, "UpdateShardCount", scalesPerDay, now)
}
