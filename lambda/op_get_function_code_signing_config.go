package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// GetFunctionCodeSigningConfig says that the code of a function needs no
// signature, which Terraform asks about each function.
//
// State: stored
// Notes: no function ever has a code signing configuration
// Test: TestGetFunctionCodeSigningConfig
func (r *Room) GetFunctionCodeSigningConfig(ctx context.Context, in *lambda.GetFunctionCodeSigningConfigInput, _ ...opt) (*lambda.GetFunctionCodeSigningConfigOutput, error) {
	f, ref, err := r.functionOf(ctx, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	f.mu.Unlock()
	return &lambda.GetFunctionCodeSigningConfigOutput{FunctionName: aws.String(ref.Key.Name), CodeSigningConfigArn: aws.String("")}, nil
}
