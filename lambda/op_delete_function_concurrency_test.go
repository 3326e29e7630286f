package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
)

func TestDeleteFunctionConcurrency(t *testing.T) {
	r := open(t)
	_, err := r.DeleteFunctionConcurrency(r.ctx, &lambda.DeleteFunctionConcurrencyInput{FunctionName: aws.String("ingest")})
	requireError(t, err, codeMissing, "Function not found: "+ingestARN)
	r.function("ingest")
	_, err = r.DeleteFunctionConcurrency(r.ctx, &lambda.DeleteFunctionConcurrencyInput{FunctionName: aws.String("ingest")})
	require.NoError(t, err, "nothing to delete is no error")
}
