package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

func TestGetPolicy(t *testing.T) {
	r := open(t)
	_, err := r.GetPolicy(r.ctx, &lambda.GetPolicyInput{FunctionName: aws.String("ingest")})
	requireError(t, err, codeMissing, "Function not found: "+ingestARN)
}
