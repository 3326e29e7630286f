package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// UpdateStreamRecordDistributionStrategy changes how the records of an
// on-demand stream find their shard, at once and without UPDATING: by their
// partition key, or evenly whatever their key. AUTO on a provisioned stream is
// refused.
//
// State: real
// Notes: on-demand streams; at once
// Test: TestUpdateStreamRecordDistributionStrategy
func (s *Streams) UpdateStreamRecordDistributionStrategy(ctx context.Context, in *kinesis.UpdateStreamRecordDistributionStrategyInput, _ ...opt) (*kinesis.UpdateStreamRecordDistributionStrategyOutput, error) {
	if err := s.admitCall(ctx, "UpdateStreamRecordDistributionStrategy", commonCalls, nil, in.StreamARN); err != nil {
		return nil, err
	}
	st, err := s.resolve(ctx, nil, in.StreamARN)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, st, func(v *view, _ time.Time) (command, error) {
		if err := v.ready(st.key); err != nil {
			return nil, err
		}
		if in.RecordDistributionStrategy != types.RecordDistributionStrategyAuto {
			return &setStrategy{}, nil
		}
		if v.state.Mode != modeOnDemand {
			return nil, errStrategyProvisioned()
		}
		return &setStrategy{Strategy: strategyAuto}, nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.UpdateStreamRecordDistributionStrategyOutput{}, nil
}
