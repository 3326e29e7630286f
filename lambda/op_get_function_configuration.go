package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// GetFunctionConfiguration shows a version of a function without its code.
//
// State: real
// Notes: always Active and Successful
// Test: TestGetFunctionConfiguration
func (r *Room) GetFunctionConfiguration(ctx context.Context, in *lambda.GetFunctionConfigurationInput, _ ...opt) (*lambda.GetFunctionConfigurationOutput, error) {
	f, c, ref, err := r.versionOf(ctx, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	out := answer(c.show(ref))
	return &out, nil
}
