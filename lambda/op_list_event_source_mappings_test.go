package lambda

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

func TestListEventSourceMappings(t *testing.T) {
	r := open(t)
	var all []string
	for i := range 120 {
		name := fmt.Sprintf("f%03d", i)
		r.runtime.known[name] = true
		out, err := r.CreateEventSourceMapping(r.ctx, mappingOf(name))
		require.NoError(t, err)
		all = append(all, *out.UUID)
	}
	slices.Sort(all)
	list := func(in *lambda.ListEventSourceMappingsInput) (uuids []string, pages int) {
		for {
			out, err := r.ListEventSourceMappings(r.ctx, in)
			require.NoError(t, err)
			pages++
			for _, m := range out.EventSourceMappings {
				uuids = append(uuids, *m.UUID)
				require.Equal(t, "Enabled", *m.State)
			}
			if out.NextMarker == nil {
				return uuids, pages
			}
			in.Marker = out.NextMarker
		}
	}
	for asked, pages := range map[int32]int{0: 2, 1: 120, 60: 2, 100: 2, 10000: 2} {
		in := &lambda.ListEventSourceMappingsInput{}
		if asked > 0 {
			in.MaxItems = &asked
		}
		uuids, n := list(in)
		require.Equal(t, all, uuids)
		require.Equal(t, pages, n, "MaxItems %d", asked)
	}
	uuids, _ := list(&lambda.ListEventSourceMappingsInput{FunctionName: aws.String("f007")})
	require.Len(t, uuids, 1)
	uuids, _ = list(&lambda.ListEventSourceMappingsInput{FunctionName: aws.String("arn:aws:lambda:eu-west-1:000000000000:function:f007"), EventSourceArn: aws.String(ordersARN)})
	require.Len(t, uuids, 1)
	uuids, _ = list(&lambda.ListEventSourceMappingsInput{FunctionName: aws.String("f007:$LATEST")})
	require.Empty(t, uuids)
	uuids, _ = list(&lambda.ListEventSourceMappingsInput{EventSourceArn: aws.String(ordersARN + "/consumer/a:1")})
	require.Empty(t, uuids)
	uuids, _ = list(&lambda.ListEventSourceMappingsInput{FunctionName: aws.String("nobody")})
	require.Empty(t, uuids)

	other := caller.With(t.Context(), caller.Caller{Account: "111111111111", Region: testRegion})
	out, err := r.ListEventSourceMappings(other, &lambda.ListEventSourceMappingsInput{})
	require.NoError(t, err)
	require.NotNil(t, out.EventSourceMappings)
	require.Empty(t, out.EventSourceMappings)
	for _, bad := range []string{"x", "!", "MC94"} {
		_, err = r.ListEventSourceMappings(r.ctx, &lambda.ListEventSourceMappingsInput{Marker: &bad})
		requireError(t, err, codeParameter, "Invalid Marker")
	}
}
