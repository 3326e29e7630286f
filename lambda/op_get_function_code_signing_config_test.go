package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
)

func TestGetFunctionCodeSigningConfig(t *testing.T) {
	r := open(t)
	r.function("ingest")
	out, err := r.GetFunctionCodeSigningConfig(r.ctx, &lambda.GetFunctionCodeSigningConfigInput{FunctionName: aws.String(ingestARN)})
	require.NoError(t, err)
	require.Equal(t, "ingest", *out.FunctionName)
	require.Empty(t, *out.CodeSigningConfigArn)
	_, err = r.GetFunctionCodeSigningConfig(r.ctx, &lambda.GetFunctionCodeSigningConfigInput{FunctionName: aws.String("nobody")})
	require.Equal(t, codeMissing, codeOf(err))
}
