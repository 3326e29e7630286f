package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// ListVersionsByFunction lists $LATEST and the published versions of a function.
//
// State: real
// Notes: at most 50 a page
// Test: TestListVersionsByFunction
func (r *Room) ListVersionsByFunction(ctx context.Context, in *lambda.ListVersionsByFunctionInput, _ ...opt) (*lambda.ListVersionsByFunctionOutput, error) {
	after, err := openMarker(in.Marker)
	if err != nil {
		return nil, err
	}
	f, _, err := r.functionOf(ctx, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	f.mu.Unlock()
	out := &lambda.ListVersionsByFunctionOutput{Versions: []types.FunctionConfiguration{}}
	limit := pageSize(in.MaxItems, functionsPerPage)
	var last string
	for _, row := range f.rows(true) {
		if row.place <= after {
			continue
		}
		if len(out.Versions) == limit {
			out.NextMarker = sealMarker(last)
			break
		}
		out.Versions = append(out.Versions, *row.shown)
		last = row.place
	}
	return out, nil
}
