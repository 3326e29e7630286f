package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
)

func TestUpdateFunctionCode(t *testing.T) {
	r := open(t)
	made := r.function("ingest")
	name := aws.String("ingest")
	update := func(in *lambda.UpdateFunctionCodeInput) (*lambda.UpdateFunctionCodeOutput, error) {
		in.FunctionName = name
		return r.UpdateFunctionCode(r.ctx, in)
	}
	second := archive("bootstrap", "second")
	out, err := update(&lambda.UpdateFunctionCodeInput{ZipFile: second, DryRun: true})
	require.NoError(t, err)
	require.NotEqual(t, made.CodeSha256, out.CodeSha256)
	got, err := r.GetFunctionConfiguration(r.ctx, &lambda.GetFunctionConfigurationInput{FunctionName: name})
	require.NoError(t, err)
	require.Equal(t, made.CodeSha256, got.CodeSha256, "a dry run changes nothing")
	require.Len(t, r.codes, 1)

	_, err = update(&lambda.UpdateFunctionCodeInput{ZipFile: second, RevisionId: aws.String("old")})
	requireError(t, err, codeStale, "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest RevisionId")
	out, err = update(&lambda.UpdateFunctionCodeInput{ZipFile: second, RevisionId: made.RevisionId})
	require.NoError(t, err)
	require.Equal(t, "$LATEST", *out.Version)
	require.NotEqual(t, made.RevisionId, out.RevisionId)
	require.Len(t, r.codes, 1, "the old zip is gone")

	_, err = r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: name})
	require.NoError(t, err)
	require.Equal(t, second, r.runtime.deployed[0].Zip)

	out, err = update(&lambda.UpdateFunctionCodeInput{ZipFile: archive("bootstrap", "third"), Publish: true})
	require.NoError(t, err)
	require.Equal(t, "1", *out.Version)
	require.Equal(t, ingestARN+":1", *out.FunctionArn)
	_, err = update(&lambda.UpdateFunctionCodeInput{ZipFile: archive("bootstrap", "fourth")})
	require.NoError(t, err)
	require.Len(t, r.codes, 2, "the version keeps its zip")
	_, err = r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: aws.String("ingest:1")})
	require.NoError(t, err)
	require.Equal(t, archive("bootstrap", "third"), r.runtime.deployed[1].Zip)
	require.Equal(t, "1", r.runtime.deployed[1].Version)

	_, err = update(&lambda.UpdateFunctionCodeInput{})
	requireError(t, err, codeParameter, "Please provide a source for function code.")
}
