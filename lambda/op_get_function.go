package lambda

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// GetFunction shows a version of a function, where its code is, its tags and
// what is reserved for it.
//
// State: real
// Notes: Code.Location is an address of this server
// Test: TestGetFunction
func (r *Room) GetFunction(ctx context.Context, in *lambda.GetFunctionInput, _ ...opt) (*lambda.GetFunctionOutput, error) {
	f, c, ref, err := r.versionOf(ctx, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	out := &lambda.GetFunctionOutput{Configuration: c.show(ref)}
	out.Code = &types.FunctionCodeLocation{RepositoryType: aws.String("S3"), Location: optional(r.location(c.Code))}
	if c.Image != "" {
		out.Code = &types.FunctionCodeLocation{RepositoryType: aws.String("ECR"), ImageUri: aws.String(c.Image), ResolvedImageUri: aws.String(c.Image)}
	}
	if len(f.now.Tags) > 0 {
		out.Tags = maps.Clone(f.now.Tags)
	}
	if f.now.Reserved != nil {
		out.Concurrency = &types.Concurrency{ReservedConcurrentExecutions: aws.Int32(*f.now.Reserved)}
	}
	return out, nil
}
