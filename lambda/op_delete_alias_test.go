package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
)

func TestDeleteAlias(t *testing.T) {
	r := open(t)
	in := &lambda.DeleteAliasInput{FunctionName: aws.String("ingest"), Name: aws.String("live")}
	_, err := r.DeleteAlias(r.ctx, in)
	requireError(t, err, codeMissing, "Function not found: "+ingestARN)
	twoVersions(t, r)
	_, err = r.CreateAlias(r.ctx, aliasOf("1", nil))
	require.NoError(t, err)
	p := permissionOf("one")
	p.Qualifier = aws.String("live")
	_, err = r.AddPermission(r.ctx, p)
	require.NoError(t, err)
	for range 2 { // the second time it is no error either
		_, err = r.DeleteAlias(r.ctx, in)
		require.NoError(t, err)
	}
	_, err = r.CreateAlias(r.ctx, aliasOf("1", nil))
	require.NoError(t, err)
	_, err = r.GetPolicy(r.ctx, &lambda.GetPolicyInput{FunctionName: aws.String("ingest"), Qualifier: aws.String("live")})
	requireError(t, err, codeMissing, textNoResource)
}
