package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// GetPolicy shows the resource policy of a function, version or alias.
//
// State: stored
// Notes: as AddPermission
// Test: TestAddPermission
func (r *Room) GetPolicy(ctx context.Context, in *lambda.GetPolicyInput, _ ...opt) (*lambda.GetPolicyOutput, error) {
	f, _, ref, err := r.versionOf(ctx, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	p, ok := f.now.Policies[ref.Qualifier]
	if !ok {
		return nil, errNoResource()
	}
	return &lambda.GetPolicyOutput{Policy: aws.String(p.text()), RevisionId: aws.String(p.Revision)}, nil
}
