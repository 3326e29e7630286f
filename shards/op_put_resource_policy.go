package shards

import (
	"context"
	"time"

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
	r, err := s.resource(ctx, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, r.stream, func(v *view, _ time.Time) (command, error) {
		if err := r.ready(v); err != nil {
			return nil, err
		}
		policy := aws.ToString(in.Policy)
		if err := checkPolicy(policy); err != nil {
			return nil, err
		}
		return &setPolicy{Consumer: r.consumer, Policy: policy}, nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.PutResourcePolicyOutput{}, nil
}
