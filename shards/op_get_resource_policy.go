package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// noPolicy is the policy of what has none.
const noPolicy = "{}"

// GetResourcePolicy returns the policy of a stream or of a consumer, an empty
// object when there is none.
//
// State: real
// Notes: {} when there is none
// Test: TestResourcePolicy
func (s *Streams) GetResourcePolicy(ctx context.Context, in *kinesis.GetResourcePolicyInput, _ ...opt) (*kinesis.GetResourcePolicyOutput, error) {
	if err := s.admitCall(ctx, "GetResourcePolicy", commonCalls, nil, in.ResourceARN); err != nil {
		return nil, err
	}
	r, err := s.resource(ctx, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	policy, err := r.policy(r.stream.view.Load())
	if err != nil {
		return nil, err
	}
	if policy == "" {
		policy = noPolicy
	}
	return &kinesis.GetResourcePolicyOutput{Policy: aws.String(policy)}, nil
}
