package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

func TestListTags(t *testing.T) {
	r := open(t)
	r.function("ingest")
	const versions = "Tags on function aliases and versions are not supported. Please specify either a function name or an unqualified function ARN."
	for resource, want := range map[string][2]string{
		"arn:aws:lambda:eu-west-1:000000000000:function:nobody": {codeMissing, "Function not found: arn:aws:lambda:eu-west-1:000000000000:function:nobody"},
		ingestARN + ":1": {codeParameter, versions},
		"arn:aws:lambda:eu-west-1:000000000000:event-source-mapping:6f0fbb7e-0000-4000-8000-000000000001": {codeMissing, textNoResource},
		"arn:aws:lambda:us-east-1:000000000000:event-source-mapping:6f0fbb7e-0000-4000-8000-000000000001": {codeMissing, textNoResource},
	} {
		_, err := r.ListTags(r.ctx, &lambda.ListTagsInput{Resource: aws.String(resource)})
		requireError(t, err, want[0], want[1])
	}
}
