package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
)

func TestDeleteFunction(t *testing.T) {
	r := open(t)
	m := r.ingest()
	name := aws.String("ingest")
	_, err := r.PublishVersion(r.ctx, &lambda.PublishVersionInput{FunctionName: name})
	require.NoError(t, err)
	_, err = r.CreateAlias(r.ctx, &lambda.CreateAliasInput{FunctionName: name, Name: aws.String("live"), FunctionVersion: aws.String("1")})
	require.NoError(t, err)
	remove := func(qualifier *string) error {
		_, err := r.DeleteFunction(r.ctx, &lambda.DeleteFunctionInput{FunctionName: name, Qualifier: qualifier})
		return err
	}
	requireError(t, remove(aws.String("$LATEST")), codeParameter, "$LATEST version cannot be deleted without deleting the function.")
	requireError(t, remove(aws.String("7")), codeMissing, "Function not found: "+ingestARN+":7")
	requireError(t, remove(aws.String("1")), codeConflict, "Function version 1 is in use by alias live.")
	_, err = r.DeleteAlias(r.ctx, &lambda.DeleteAliasInput{FunctionName: name, Name: aws.String("live")})
	require.NoError(t, err)
	require.NoError(t, remove(aws.String("1")))
	require.NoError(t, remove(nil))
	requireError(t, remove(nil), codeMissing, "Function not found: "+ingestARN)
	require.Empty(t, r.codes)
	require.Zero(t, r.codeBytes)
	require.Equal(t, "Enabled", r.state(m.UUID), "its mapping stays")
	r.restart()
	_, err = r.GetFunction(r.ctx, &lambda.GetFunctionInput{FunctionName: name})
	require.Equal(t, codeMissing, codeOf(err))
	for _, prefix := range []string{functionPrefix, versionPrefix, codePrefix} {
		from, to := rangeOf(prefix)
		require.NoError(t, r.space.Scan(r.ctx, from, to, false, func(key, _ []byte) (bool, error) {
			t.Errorf("%s is still there", key)
			return true, nil
		}))
	}
	r.function("ingest")
}
