package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DecreaseStreamRetentionPeriod makes records expire sooner: what is older
// than the new period is unreadable at once. The stream is UPDATING for its
// transition. The present value is taken and changes nothing.
//
// State: real
// Notes: 24 to 8760 hours
// Test: TestRetentionPeriod
func (s *Streams) DecreaseStreamRetentionPeriod(ctx context.Context, in *kinesis.DecreaseStreamRetentionPeriodInput, _ ...opt) (*kinesis.DecreaseStreamRetentionPeriodOutput, error) {
	if err := s.admitCall(ctx, "DecreaseStreamRetentionPeriod", commonCalls, in.StreamName, in.StreamARN); err != nil {
		return nil, err
	}
	err := s.retain(ctx, in.StreamName, in.StreamARN, in.RetentionPeriodHours, func(k streamKey, hours, now int) error {
		if hours > now {
			return errRetentionDecrease(k, hours, now)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.DecreaseStreamRetentionPeriodOutput{}, nil
}
