package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DeleteResourcePolicy removes the policy of a stream or of a consumer, which
// must be ACTIVE. Having none is an error.
//
// State: stored
// Notes: an error when there is none
// Test: TestResourcePolicy
func (s *Streams) DeleteResourcePolicy(ctx context.Context, in *kinesis.DeleteResourcePolicyInput, _ ...opt) (*kinesis.DeleteResourcePolicyOutput, error) {
	r, err := s.resource(ctx, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, r.stream, func(v *view, _ time.Time) (command, error) {
		if err := r.ready(v); err != nil {
			return nil, err
		}
		policy, err := r.policy(v)
		if err != nil {
			return nil, err
		}
		if policy == "" {
			return nil, errNoPolicy(aws.ToString(in.ResourceARN))
		}
		return &setPolicy{Consumer: r.consumer}, nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.DeleteResourcePolicyOutput{}, nil
}
