package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// ListAliases lists the aliases of a function in the order of their names, all
// of them or those that point at a version.
//
// State: real
// Notes: at most 50 a page
// Test: TestListAliases
func (r *Room) ListAliases(ctx context.Context, in *lambda.ListAliasesInput, _ ...opt) (*lambda.ListAliasesOutput, error) {
	after, err := openMarker(in.Marker)
	if err != nil {
		return nil, err
	}
	f, ref, err := r.functionOf(ctx, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	out := &lambda.ListAliasesOutput{Aliases: []types.AliasConfiguration{}}
	limit := pageSize(in.MaxItems, functionsPerPage)
	for _, name := range sortedKeys(f.now.Aliases) {
		a := f.now.Aliases[name]
		_, weighed := a.Weights[aws.ToString(in.FunctionVersion)]
		if name <= after || in.FunctionVersion != nil && a.Version != *in.FunctionVersion && !weighed {
			continue
		}
		if len(out.Aliases) == limit {
			out.NextMarker = sealMarker(*out.Aliases[limit-1].Name)
			break
		}
		ref.Qualifier = name
		o := f.showAlias(ref)
		out.Aliases = append(out.Aliases, types.AliasConfiguration{AliasArn: o.AliasArn, Name: o.Name, Description: o.Description,
			FunctionVersion: o.FunctionVersion, RevisionId: o.RevisionId, RoutingConfig: o.RoutingConfig})
	}
	return out, nil
}
