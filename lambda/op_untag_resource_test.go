package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

func TestUntagResource(t *testing.T) {
	r := open(t)
	_, err := r.UntagResource(r.ctx, &lambda.UntagResourceInput{Resource: aws.String(ingestARN), TagKeys: []string{"a"}})
	requireError(t, err, codeMissing, "Function not found: "+ingestARN)
}
