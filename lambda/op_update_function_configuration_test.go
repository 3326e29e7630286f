package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"
)

func TestUpdateFunctionConfiguration(t *testing.T) {
	r := open(t)
	made := r.function("ingest")
	name := aws.String("ingest")
	out, err := r.UpdateFunctionConfiguration(r.ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Timeout: aws.Int32(30),
		Environment: &types.Environment{Variables: map[string]string{"A": "b"}}, RevisionId: made.RevisionId})
	require.NoError(t, err)
	require.Equal(t, int32(30), *out.Timeout)
	require.Equal(t, made.MemorySize, out.MemorySize)
	require.Equal(t, made.CodeSha256, out.CodeSha256)
	_, err = r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: name})
	require.NoError(t, err)
	require.Equal(t, int32(30), r.runtime.deployed[0].TimeoutSeconds)
	require.Equal(t, map[string]string{"A": "b"}, r.runtime.deployed[0].Environment)

	_, err = r.UpdateFunctionConfiguration(r.ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: name, RevisionId: made.RevisionId})
	require.Equal(t, codeStale, codeOf(err))
	_, err = r.UpdateFunctionConfiguration(r.ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: name, DurableConfig: &types.DurableConfig{}})
	requireError(t, err, codeParameter, "Sluice does not support DurableConfig; leave it out.")
	_, err = r.UpdateFunctionConfiguration(r.ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("nobody")})
	require.Equal(t, codeMissing, codeOf(err))
	out, err = r.UpdateFunctionConfiguration(r.ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Environment: &types.Environment{}})
	require.NoError(t, err)
	require.Nil(t, out.Environment)
}
