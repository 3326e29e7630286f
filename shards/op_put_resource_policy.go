package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// PutResourcePolicy keeps a policy for a stream or a consumer, which must be
// ACTIVE, in place of the one it may have. Any JSON object of up to 20 KiB is
// taken and comes back as it was given; nothing evaluates it.
//
// State: stored
// Notes: kept and returned, not evaluated
// Test: TestResourcePolicy
func (s *Streams) PutResourcePolicy(ctx context.Context, in *kinesis.PutResourcePolicyInput, _ ...opt) (*kinesis.PutResourcePolicyOutput, error) {
	if err := s.admitCall(ctx, "PutResourcePolicy", commonCalls, nil, in.ResourceARN); err != nil {
		return nil, err
	}
	policy := aws.ToString(in.Policy)
	err := s.changePolicy(ctx, in.ResourceARN, func(resource, *view) (string, error) { return policy, checkPolicy(policy) })
	if err != nil {
		return nil, err
	}
	return &kinesis.PutResourcePolicyOutput{}, nil
}
