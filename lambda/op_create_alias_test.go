package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"
)

func aliasOf(version string, weights map[string]float64) *lambda.CreateAliasInput {
	in := &lambda.CreateAliasInput{FunctionName: aws.String("ingest"), Name: aws.String("live"), FunctionVersion: &version}
	if weights != nil {
		in.RoutingConfig = &types.AliasRoutingConfiguration{AdditionalVersionWeights: weights}
	}
	return in
}

func TestCreateAlias(t *testing.T) {
	r := open(t)
	twoVersions(t, r)
	for _, bad := range []struct {
		in         *lambda.CreateAliasInput
		code, text string
	}{
		{aliasOf("7", nil), codeMissing, "Function not found: " + ingestARN + ":7"},
		{aliasOf("1", map[string]float64{"7": 0.5}), codeMissing, "Function not found: " + ingestARN + ":7"},
		{aliasOf("1", map[string]float64{"1": 0.5}), codeParameter, "Invalid function version provided in routing config: 1"},
		{aliasOf("$LATEST", map[string]float64{"1": 0.5}), codeParameter, "Invalid function version provided in routing config: 1"},
		{aliasOf("1", map[string]float64{"2": 0.5, "$LATEST": 0.1}), codeParameter, "An alias routes to at most one additional version."},
	} {
		_, err := r.CreateAlias(r.ctx, bad.in)
		requireError(t, err, bad.code, bad.text)
	}
	get := &lambda.GetAliasInput{FunctionName: aws.String("ingest"), Name: aws.String("live")}
	_, err := r.GetAlias(r.ctx, get)
	requireError(t, err, codeMissing, "Cannot find alias arn: "+ingestARN+":live")
	in := aliasOf("1", map[string]float64{"2": 0.25})
	in.Description = aws.String("d")
	made, err := r.CreateAlias(r.ctx, in)
	require.NoError(t, err)
	require.Equal(t, ingestARN+":live", *made.AliasArn)
	require.Equal(t, in.RoutingConfig, made.RoutingConfig)
	_, err = r.CreateAlias(r.ctx, in)
	requireError(t, err, codeConflict, "Alias already exists: "+ingestARN+":live")
	r.restart()
	got, err := r.GetAlias(r.ctx, get)
	require.NoError(t, err)
	require.Equal(t, lambda.GetAliasOutput(*made), *got)
	_, err = r.GetFunction(r.ctx, &lambda.GetFunctionInput{FunctionName: aws.String("ingest"), Qualifier: aws.String("live")})
	require.NoError(t, err)
}
