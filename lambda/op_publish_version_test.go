package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
)

func TestPublishVersion(t *testing.T) {
	r := open(t)
	made := r.function("ingest")
	publish := func(in *lambda.PublishVersionInput) (*lambda.PublishVersionOutput, error) {
		in.FunctionName = aws.String("ingest")
		return r.PublishVersion(r.ctx, in)
	}
	_, err := publish(&lambda.PublishVersionInput{CodeSha256: aws.String("x")})
	requireError(t, err, codeParameter, "CodeSHA256 (x) is different from current CodeSHA256 in $LATEST. Please try again with the CodeSHA256 in $LATEST.")
	_, err = publish(&lambda.PublishVersionInput{RevisionId: aws.String("x")})
	require.Equal(t, codeStale, codeOf(err))
	first, err := publish(&lambda.PublishVersionInput{CodeSha256: made.CodeSha256, RevisionId: made.RevisionId, Description: aws.String("one")})
	require.NoError(t, err)
	require.Equal(t, "1", *first.Version)
	require.Equal(t, "one", *first.Description)
	require.Equal(t, ingestARN+":1", *first.FunctionArn)
	again, err := publish(&lambda.PublishVersionInput{})
	require.NoError(t, err)
	require.Equal(t, first, again, "nothing has changed")

	_, err = r.UpdateFunctionConfiguration(r.ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("ingest"), Timeout: aws.Int32(7)})
	require.NoError(t, err)
	second, err := publish(&lambda.PublishVersionInput{})
	require.NoError(t, err)
	require.Equal(t, "2", *second.Version)
	got, err := r.GetFunctionConfiguration(r.ctx, &lambda.GetFunctionConfigurationInput{FunctionName: aws.String("ingest:1")})
	require.NoError(t, err)
	require.Equal(t, int32(3), *got.Timeout, "a version does not change")
	_, err = r.DeleteFunction(r.ctx, &lambda.DeleteFunctionInput{FunctionName: aws.String("ingest:2")})
	require.NoError(t, err)
	r.restart()
	third, err := publish(&lambda.PublishVersionInput{})
	require.NoError(t, err)
	require.Equal(t, "3", *third.Version, "numbers are not used again")
}
