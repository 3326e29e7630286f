package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// UntagResource removes tags of a function or an event source mapping. Keys
// that are not there are no error.
//
// State: stored
// Notes: as TagResource
// Test: TestTagResource
func (r *Room) UntagResource(ctx context.Context, in *lambda.UntagResourceInput, _ ...opt) (*lambda.UntagResourceOutput, error) {
	err := r.retag(ctx, *in.Resource, func(tags map[string]string) error {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &lambda.UntagResourceOutput{}, nil
}
