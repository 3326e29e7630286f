package lambda

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// TagResource sets tags of a function or an event source mapping; those with
// the same keys are replaced.
//
// State: stored
// Notes: 50 tags
// Test: TestTagResource
func (r *Room) TagResource(ctx context.Context, in *lambda.TagResourceInput, _ ...opt) (*lambda.TagResourceOutput, error) {
	if len(in.Tags) == 0 {
		return nil, errNoTags()
	}
	err := r.retag(ctx, *in.Resource, func(tags map[string]string) error {
		if err := checkTags(in.Tags, tags); err != nil {
			return err
		}
		maps.Copy(tags, in.Tags)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &lambda.TagResourceOutput{}, nil
}
