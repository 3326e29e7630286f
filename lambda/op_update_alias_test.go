package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"
)

func TestUpdateAlias(t *testing.T) {
	r := open(t)
	twoVersions(t, r)
	update := func(in *lambda.UpdateAliasInput) (*lambda.UpdateAliasOutput, error) {
		in.FunctionName, in.Name = aws.String("ingest"), aws.String("live")
		return r.UpdateAlias(r.ctx, in)
	}
	_, err := update(&lambda.UpdateAliasInput{})
	requireError(t, err, codeMissing, "Cannot find alias arn: "+ingestARN+":live")
	made, err := r.CreateAlias(r.ctx, aliasOf("1", map[string]float64{"2": 0.25}))
	require.NoError(t, err)
	_, err = update(&lambda.UpdateAliasInput{RevisionId: aws.String("x")})
	require.Equal(t, codeStale, codeOf(err))
	out, err := update(&lambda.UpdateAliasInput{RevisionId: made.RevisionId, FunctionVersion: aws.String("2"), RoutingConfig: &types.AliasRoutingConfiguration{}})
	require.NoError(t, err)
	require.Equal(t, "2", *out.FunctionVersion)
	require.Nil(t, out.RoutingConfig)
	_, err = update(&lambda.UpdateAliasInput{FunctionVersion: aws.String("7")})
	require.Equal(t, codeMissing, codeOf(err))
	out, err = update(&lambda.UpdateAliasInput{Description: aws.String("d")})
	require.NoError(t, err)
	require.Equal(t, "2", *out.FunctionVersion)
	require.Equal(t, "d", *out.Description)
}
