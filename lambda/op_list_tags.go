package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// ListTags shows the tags of a function or an event source mapping.
//
// State: stored
// Notes: 50 tags
// Test: TestListTags
func (r *Room) ListTags(ctx context.Context, in *lambda.ListTagsInput, _ ...opt) (*lambda.ListTagsOutput, error) {
	if uuid, ok := r.mappingARN(ctx, *in.Resource); ok {
		m, err := r.mapping(ctx, &uuid)
		if err != nil {
			return nil, err
		}
		defer m.mu.Unlock()
		return &lambda.ListTagsOutput{Tags: cloned(m.now.Tags)}, nil
	}
	f, err := r.tagged(ctx, *in.Resource)
	if err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	return &lambda.ListTagsOutput{Tags: cloned(f.now.Tags)}, nil
}
