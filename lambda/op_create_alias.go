package lambda

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// CreateAlias names a version, with a second one that takes a share of the
// invocations if there is a routing configuration.
//
// State: real
// Notes: weights act, with the server's dice
// Test: TestCreateAlias
func (r *Room) CreateAlias(ctx context.Context, in *lambda.CreateAliasInput, _ ...opt) (*lambda.CreateAliasOutput, error) {
	f, ref, err := r.functionOf(ctx, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	ref.Qualifier = *in.Name
	if _, ok := f.now.Aliases[*in.Name]; ok {
		return nil, errAliasExists(ref.arn())
	}
	if len(f.now.Aliases) >= aliasesMax {
		return nil, invalid("A function has at most %d aliases.", aliasesMax)
	}
	a := alias{Version: *in.FunctionVersion, Description: aws.ToString(in.Description)}
	if err := r.setAlias(ctx, f, ref, a, in.RoutingConfig); err != nil {
		return nil, err
	}
	out := lambda.CreateAliasOutput(f.showAlias(ref))
	return &out, nil
}

// setAlias checks an alias and stores it. f.mu is held.
func (r *Room) setAlias(ctx context.Context, f *deployed, ref reference, a alias, routing *types.AliasRoutingConfiguration) error {
	if routing != nil {
		a.Weights = maps.Clone(routing.AdditionalVersionWeights)
	}
	if len(a.Weights) > 1 {
		return invalid("An alias routes to at most one additional version.")
	}
	for version := range a.Weights {
		if version == latest || a.Version == latest || version == a.Version {
			return invalid("Invalid function version provided in routing config: %s", version)
		}
	}
	for _, version := range append([]string{a.Version}, sortedKeys(a.Weights)...) {
		if _, ok := f.version(version); !ok {
			return errNoFunction(reference{ref.Key, version}.arn())
		}
	}
	a.Revision = r.config.Dice.UUID().String()
	s := f.now.clone()
	if s.Aliases == nil {
		s.Aliases = map[string]alias{}
	}
	s.Aliases[ref.Qualifier] = a
	return r.keep(ctx, f, s, nil)
}

// showAlias is an alias as clients see it. f.mu is held.
func (f *deployed) showAlias(ref reference) lambda.GetAliasOutput {
	a := f.now.Aliases[ref.Qualifier]
	out := lambda.GetAliasOutput{AliasArn: aws.String(ref.arn()), Name: aws.String(ref.Qualifier), FunctionVersion: aws.String(a.Version),
		Description: aws.String(a.Description), RevisionId: aws.String(a.Revision)}
	if len(a.Weights) > 0 {
		out.RoutingConfig = &types.AliasRoutingConfiguration{AdditionalVersionWeights: maps.Clone(a.Weights)}
	}
	return out
}
