package lambda

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"
)

func TestListFunctions(t *testing.T) {
	r := open(t)
	for i := range 60 {
		r.function(fmt.Sprintf("f%02d", i))
	}
	_, err := r.PublishVersion(r.ctx, &lambda.PublishVersionInput{FunctionName: aws.String("f07")})
	require.NoError(t, err)
	for _, c := range []struct {
		in          lambda.ListFunctionsInput
		rows, pages int
	}{
		{lambda.ListFunctionsInput{}, 60, 2},
		{lambda.ListFunctionsInput{MaxItems: aws.Int32(10000)}, 60, 2},
		{lambda.ListFunctionsInput{MaxItems: aws.Int32(7)}, 60, 9},
		{lambda.ListFunctionsInput{FunctionVersion: types.FunctionVersionAll, MaxItems: aws.Int32(1)}, 61, 61},
	} {
		var arns []string
		pages := 0
		for {
			out, err := r.ListFunctions(r.ctx, &c.in)
			require.NoError(t, err)
			pages++
			for _, f := range out.Functions {
				arns = append(arns, *f.FunctionArn)
			}
			if c.in.Marker = out.NextMarker; c.in.Marker == nil {
				break
			}
		}
		require.Len(t, arns, c.rows)
		require.Equal(t, c.pages, pages)
		if c.rows == 61 {
			require.Equal(t, "arn:aws:lambda:eu-west-1:000000000000:function:f07:1", arns[8])
		} else {
			require.Equal(t, "arn:aws:lambda:eu-west-1:000000000000:function:f07", arns[7])
		}
	}
	_, err = r.ListFunctions(r.ctx, &lambda.ListFunctionsInput{Marker: aws.String("x")})
	requireError(t, err, codeParameter, "Invalid Marker")
}
