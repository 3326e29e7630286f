package lambda

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
)

func TestListAliases(t *testing.T) {
	r := open(t)
	twoVersions(t, r)
	for i := range 60 {
		in := aliasOf([]string{"1", "2"}[i%2], nil)
		in.Name = aws.String(fmt.Sprintf("a%02d", i))
		_, err := r.CreateAlias(r.ctx, in)
		require.NoError(t, err)
	}
	count := func(in *lambda.ListAliasesInput) (names []string, pages int) {
		in.FunctionName = aws.String("ingest")
		for {
			out, err := r.ListAliases(r.ctx, in)
			require.NoError(t, err)
			pages++
			for _, a := range out.Aliases {
				names = append(names, *a.Name)
			}
			if in.Marker = out.NextMarker; in.Marker == nil {
				return names, pages
			}
		}
	}
	names, pages := count(&lambda.ListAliasesInput{})
	require.Len(t, names, 60)
	require.Equal(t, 2, pages)
	names, pages = count(&lambda.ListAliasesInput{FunctionVersion: aws.String("2"), MaxItems: aws.Int32(7)})
	require.Len(t, names, 30)
	require.Equal(t, 5, pages)
	require.Equal(t, "a01", names[0])
	_, err := r.ListAliases(r.ctx, &lambda.ListAliasesInput{FunctionName: aws.String("nobody")})
	require.Equal(t, codeMissing, codeOf(err))
}
