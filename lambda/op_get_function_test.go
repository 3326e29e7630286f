package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
)

func TestGetFunction(t *testing.T) {
	r := open(t)
	r.function("ingest")
	for _, name := range []string{"ingest", ingestARN, "000000000000:function:ingest"} {
		out, err := r.GetFunction(r.ctx, &lambda.GetFunctionInput{FunctionName: &name})
		require.NoError(t, err)
		require.Equal(t, ingestARN, *out.Configuration.FunctionArn)
		require.Equal(t, "S3", *out.Code.RepositoryType)
		require.Nil(t, out.Concurrency)
		require.Nil(t, out.Tags)
	}
	out, err := r.GetFunction(r.ctx, &lambda.GetFunctionInput{FunctionName: aws.String("ingest"), Qualifier: aws.String("$LATEST")})
	require.NoError(t, err)
	require.Equal(t, ingestARN+":$LATEST", *out.Configuration.FunctionArn)
	for name, text := range map[string]string{
		"nobody":   "Function not found: arn:aws:lambda:eu-west-1:000000000000:function:nobody",
		"ingest:7": "Function not found: " + ingestARN + ":7",
		"ingest:x": "Function not found: " + ingestARN + ":x",
	} {
		_, err := r.GetFunction(r.ctx, &lambda.GetFunctionInput{FunctionName: &name})
		requireError(t, err, codeMissing, text)
	}
	_, err = r.GetFunction(r.ctx, &lambda.GetFunctionInput{FunctionName: aws.String("ingest:1"), Qualifier: aws.String("2")})
	requireError(t, err, codeParameter, "The derived qualifier from the function name does not match the specified qualifier.")
}
