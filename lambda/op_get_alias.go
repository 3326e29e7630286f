package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// GetAlias shows an alias.
//
// State: real
// Notes: as CreateAlias
// Test: TestCreateAlias
func (r *Room) GetAlias(ctx context.Context, in *lambda.GetAliasInput, _ ...opt) (*lambda.GetAliasOutput, error) {
	f, ref, err := r.aliasOf(ctx, in.FunctionName, in.Name)
	if err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	out := f.showAlias(ref)
	return &out, nil
}

// aliasOf finds the alias that a caller names and locks its function.
func (r *Room) aliasOf(ctx context.Context, function, name *string) (*deployed, reference, error) {
	f, ref, err := r.functionOf(ctx, function, nil)
	if err != nil {
		return nil, ref, err
	}
	ref.Qualifier = *name
	if _, ok := f.now.Aliases[*name]; !ok {
		f.mu.Unlock()
		return nil, ref, errNoAlias(ref.arn())
	}
	return f, ref, nil
}
