package lambda

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
)

func TestListVersionsByFunction(t *testing.T) {
	r := open(t)
	r.function("ingest")
	name := aws.String("ingest")
	for i := range 12 {
		_, err := r.UpdateFunctionConfiguration(r.ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Handler: aws.String(fmt.Sprint(i))})
		require.NoError(t, err)
		_, err = r.PublishVersion(r.ctx, &lambda.PublishVersionInput{FunctionName: name})
		require.NoError(t, err)
	}
	r.restart()
	var versions []string
	in := &lambda.ListVersionsByFunctionInput{FunctionName: name, MaxItems: aws.Int32(5)}
	for {
		out, err := r.ListVersionsByFunction(r.ctx, in)
		require.NoError(t, err)
		for _, v := range out.Versions {
			versions = append(versions, *v.Version)
			require.Equal(t, ingestARN+":"+*v.Version, *v.FunctionArn)
		}
		if in.Marker = out.NextMarker; in.Marker == nil {
			break
		}
	}
	require.Equal(t, []string{"$LATEST", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"}, versions)
	_, err := r.ListVersionsByFunction(r.ctx, &lambda.ListVersionsByFunctionInput{FunctionName: aws.String("nobody")})
	require.Equal(t, codeMissing, codeOf(err))
}
