package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
)

func TestGetFunctionConfiguration(t *testing.T) {
	r := open(t)
	made := r.function("ingest")
	out, err := r.GetFunctionConfiguration(r.ctx, &lambda.GetFunctionConfigurationInput{FunctionName: aws.String("ingest")})
	require.NoError(t, err)
	require.Equal(t, lambda.GetFunctionConfigurationOutput(*made), *out)
	_, err = r.GetFunctionConfiguration(r.ctx, &lambda.GetFunctionConfigurationInput{FunctionName: aws.String("nobody")})
	require.Equal(t, codeMissing, codeOf(err))
}
