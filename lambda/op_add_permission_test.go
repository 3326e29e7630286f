package lambda

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
)

func permissionOf(id string) *lambda.AddPermissionInput {
	return &lambda.AddPermissionInput{FunctionName: aws.String("ingest"), StatementId: &id, Action: aws.String("lambda:InvokeFunction"),
		Principal: aws.String("s3.amazonaws.com")}
}

func TestAddPermission(t *testing.T) {
	r := open(t)
	r.function("ingest")
	policy := func(qualifier *string) (*lambda.GetPolicyOutput, error) {
		return r.GetPolicy(r.ctx, &lambda.GetPolicyInput{FunctionName: aws.String("ingest"), Qualifier: qualifier})
	}
	_, err := policy(nil)
	requireError(t, err, codeMissing, textNoResource)
	const statement = `{"Sid":"one","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:eu-west-1:000000000000:function:ingest","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b"},"StringEquals":{"AWS:SourceAccount":"111111111111"}}}`
	in := permissionOf("one")
	in.SourceArn, in.SourceAccount = aws.String("arn:aws:s3:::b"), aws.String("111111111111")
	out, err := r.AddPermission(r.ctx, in)
	require.NoError(t, err)
	require.JSONEq(t, statement, *out.Statement)
	_, err = r.AddPermission(r.ctx, in)
	requireError(t, err, codeConflict, "The statement id (one) provided already exists. Please provide a new statement id, or remove the existing statement.")
	in = permissionOf("two")
	in.Principal, in.RevisionId = aws.String("111111111111"), aws.String("x")
	_, err = r.AddPermission(r.ctx, in)
	requireError(t, err, codeStale, "The RevisionId provided does not match the latest RevisionId. Call the GetPolicy API to retrieve the latest RevisionId")
	in.RevisionId = nil
	_, err = r.AddPermission(r.ctx, in)
	require.NoError(t, err)
	r.restart()
	got, err := policy(nil)
	require.NoError(t, err)
	require.JSONEq(t, `{"Version":"2012-10-17","Id":"default","Statement":[`+statement+`,{"Sid":"two","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:eu-west-1:000000000000:function:ingest"}]}`, *got.Policy)
	_, err = policy(aws.String("$LATEST"))
	require.Equal(t, codeMissing, codeOf(err), "a qualified resource has a policy of its own")

	remove := func(id string, revision *string) error {
		_, err := r.RemovePermission(r.ctx, &lambda.RemovePermissionInput{FunctionName: aws.String("ingest"), StatementId: &id, RevisionId: revision})
		return err
	}
	requireError(t, remove("three", nil), codeMissing, "Statement three is not found in resource policy.")
	require.Equal(t, codeStale, codeOf(remove("one", aws.String("x"))))
	require.NoError(t, remove("one", got.RevisionId))
	require.NoError(t, remove("two", nil))
	requireError(t, remove("two", nil), codeMissing, textNoResource)
	_, err = policy(nil)
	require.Equal(t, codeMissing, codeOf(err))
}

func TestPolicyLength(t *testing.T) {
	r := open(t)
	r.function("ingest")
	for i := range 1000 {
		in := permissionOf(strings.Repeat("x", 90) + string(rune('a'+i%26)) + string(rune('a'+i/26)))
		if _, err := r.AddPermission(r.ctx, in); err != nil {
			requireError(t, err, "PolicyLengthExceededException", "The final policy size is bigger than the limit (20480).")
			return
		}
	}
	require.Fail(t, "a policy can be any length")
}
