package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

const textNoResource = "The resource you requested does not exist."

func TestGetEventSourceMapping(t *testing.T) {
	r := open(t)
	made := r.ingest()
	out, err := r.GetEventSourceMapping(r.ctx, &lambda.GetEventSourceMappingInput{UUID: made.UUID})
	require.NoError(t, err)
	require.Equal(t, "Enabled", *out.State)
	require.Equal(t, made.EventSourceMappingArn, out.EventSourceMappingArn)

	_, err = r.GetEventSourceMapping(r.ctx, &lambda.GetEventSourceMappingInput{UUID: aws.String("6f0fbb7e-0000-4000-8000-000000000001")})
	requireError(t, err, codeMissing, textNoResource)
	for _, who := range []caller.Caller{{Account: "111111111111", Region: testRegion}, {Account: testAccount, Region: "us-east-1"}} {
		_, err = r.GetEventSourceMapping(caller.With(t.Context(), who), &lambda.GetEventSourceMappingInput{UUID: made.UUID})
		requireError(t, err, codeMissing, textNoResource)
	}
}
