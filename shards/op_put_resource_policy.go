package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// PutResourcePolicy gives a stream or a consumer, which must be ACTIVE, a policy
// in place of the one it may have. A JSON object of up to 20 KiB is taken and
// comes back as it was given. It decides what other accounts may do, and where
// signatures are checked, what it denies holds in the own account too.
//
// State: real
// Notes: opens a stream or consumer to other accounts
// Test: TestOtherAccounts
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
