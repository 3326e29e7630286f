package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

func TestGetFunctionConcurrency(t *testing.T) {
	r := open(t)
	_, err := r.GetFunctionConcurrency(r.ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: aws.String("ingest")})
	requireError(t, err, codeMissing, "Function not found: "+ingestARN)
}
