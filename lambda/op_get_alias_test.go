package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

func TestGetAlias(t *testing.T) {
	r := open(t)
	_, err := r.GetAlias(r.ctx, &lambda.GetAliasInput{FunctionName: aws.String("ingest"), Name: aws.String("live")})
	requireError(t, err, codeMissing, "Function not found: "+ingestARN)
}
