package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// DeleteAlias removes an alias and its policy. One that is not there is no
// error.
//
// State: real
// Notes: mappings that name it find no function any more
// Test: TestDeleteAlias
func (r *Room) DeleteAlias(ctx context.Context, in *lambda.DeleteAliasInput, _ ...opt) (*lambda.DeleteAliasOutput, error) {
	f, _, err := r.functionOf(ctx, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	if _, ok := f.now.Aliases[*in.Name]; !ok {
		return &lambda.DeleteAliasOutput{}, nil
	}
	s := f.now.clone()
	delete(s.Aliases, *in.Name)
	delete(s.Policies, *in.Name)
	if err := r.keep(ctx, f, s, nil); err != nil {
		return nil, err
	}
	return &lambda.DeleteAliasOutput{}, nil
}
