package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

func TestRemovePermission(t *testing.T) {
	r := open(t)
	_, err := r.RemovePermission(r.ctx, &lambda.RemovePermissionInput{FunctionName: aws.String("ingest"), StatementId: aws.String("x")})
	requireError(t, err, codeMissing, "Function not found: "+ingestARN)
}
