package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// PutFunctionConcurrency bounds how many invocations of a function run at a
// time, all its versions together. Those beyond are refused; mappings wait.
//
// State: real
// Notes: 0 stops the function; nothing is set aside for it
// Test: TestPutFunctionConcurrency
func (r *Room) PutFunctionConcurrency(ctx context.Context, in *lambda.PutFunctionConcurrencyInput, _ ...opt) (*lambda.PutFunctionConcurrencyOutput, error) {
	f, _, err := r.functionOf(ctx, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	s := f.now.clone()
	s.Reserved = aws.Int32(*in.ReservedConcurrentExecutions)
	if err := r.keep(ctx, f, s, nil); err != nil {
		return nil, err
	}
	f.live = nil // the runtime is told with the next invocation
	return &lambda.PutFunctionConcurrencyOutput{ReservedConcurrentExecutions: aws.Int32(*s.Reserved)}, nil
}
