package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DescribeAccountSettings tells whether the account has the minimum throughput
// billing commitment in this region.
//
// State: real
// Notes: the billing commitment
// Test: TestAccountSettings
func (s *Streams) DescribeAccountSettings(ctx context.Context, _ *kinesis.DescribeAccountSettingsInput, _ ...opt) (*kinesis.DescribeAccountSettingsOutput, error) {
	if err := s.admitCall(ctx, "DescribeAccountSettings", commonCalls, nil, nil); err != nil {
		return nil, err
	}
	c := s.commitment(s.caller(ctx))
	return &kinesis.DescribeAccountSettingsOutput{MinimumThroughputBillingCommitment: c.shape(s.clock.Now())}, nil
}
