package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DeleteResourcePolicy removes the policy of a stream or of a consumer, which
// must be ACTIVE. Having none is an error.
//
// State: real
// Notes: an error when there is none
// Test: TestResourcePolicy
func (s *Streams) DeleteResourcePolicy(ctx context.Context, in *kinesis.DeleteResourcePolicyInput, _ ...opt) (*kinesis.DeleteResourcePolicyOutput, error) {
	if err := s.admitCall(ctx, "DeleteResourcePolicy", commonCalls, nil, in.ResourceARN); err != nil {
		return nil, err
	}
	err := s.changePolicy(ctx, in.ResourceARN, func(r resource, v *view) (string, error) {
		policy, err := r.policy(v)
		if err == nil && policy == "" {
			err = errNoPolicy(aws.ToString(in.ResourceARN))
		}
		return "", err
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.DeleteResourcePolicyOutput{}, nil
}
