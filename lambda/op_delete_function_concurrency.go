package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// DeleteFunctionConcurrency takes back what PutFunctionConcurrency has set.
//
// State: real
// Notes: as PutFunctionConcurrency
// Test: TestPutFunctionConcurrency
func (r *Room) DeleteFunctionConcurrency(ctx context.Context, in *lambda.DeleteFunctionConcurrencyInput, _ ...opt) (*lambda.DeleteFunctionConcurrencyOutput, error) {
	f, _, err := r.functionOf(ctx, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	s := f.now.clone()
	s.Reserved = nil
	if err := r.keep(ctx, f, s, nil); err != nil {
		return nil, err
	}
	f.live = nil
	return &lambda.DeleteFunctionConcurrencyOutput{}, nil
}
