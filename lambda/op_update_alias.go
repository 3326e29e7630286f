package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// UpdateAlias points an alias at another version; what is not given stays.
//
// State: real
// Notes: as CreateAlias
// Test: TestUpdateAlias
func (r *Room) UpdateAlias(ctx context.Context, in *lambda.UpdateAliasInput, _ ...opt) (*lambda.UpdateAliasOutput, error) {
	out, ref, err := r.changeAlias(ctx, in)
	if err != nil {
		return nil, err
	}
	r.refresh(ref.Key) // the role may be another
	shown := lambda.UpdateAliasOutput(out)
	return &shown, nil
}

func (r *Room) changeAlias(ctx context.Context, in *lambda.UpdateAliasInput) (lambda.GetAliasOutput, reference, error) {
	f, ref, err := r.aliasOf(ctx, in.FunctionName, in.Name)
	if err != nil {
		return lambda.GetAliasOutput{}, ref, err
	}
	defer f.mu.Unlock()
	a := f.now.Aliases[*in.Name]
	if in.RevisionId != nil && *in.RevisionId != a.Revision {
		return lambda.GetAliasOutput{}, ref, errRevision("GetFunction/GetAlias")
	}
	give(&a.Version, in.FunctionVersion)
	give(&a.Description, in.Description)
	if err := r.setAlias(ctx, f, ref, a, in.RoutingConfig); err != nil {
		return lambda.GetAliasOutput{}, ref, err
	}
	return f.showAlias(ref), ref, nil
}
