package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// GetFunctionConcurrency shows the bound of PutFunctionConcurrency, nothing
// when there is none.
//
// State: real
// Notes: as PutFunctionConcurrency
// Test: TestPutFunctionConcurrency
func (r *Room) GetFunctionConcurrency(ctx context.Context, in *lambda.GetFunctionConcurrencyInput, _ ...opt) (*lambda.GetFunctionConcurrencyOutput, error) {
	f, _, err := r.functionOf(ctx, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	out := &lambda.GetFunctionConcurrencyOutput{}
	if f.now.Reserved != nil {
		n := *f.now.Reserved
		out.ReservedConcurrentExecutions = &n
	}
	return out, nil
}
