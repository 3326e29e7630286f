package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// UntagResource removes tags of a table; those it lacks are no error.
//
// State: real
// Notes: by key
// Test: TestUntagResource
func (r *Tables) UntagResource(ctx context.Context, in *dynamodb.UntagResourceInput, _ ...opt) (*dynamodb.UntagResourceOutput, error) {
	t, err := r.tagged("UntagResource", in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if len(in.TagKeys) == 0 {
		return nil, invalid("Atleast one Tag Key needs to be provided as Input.")
	}
	return &dynamodb.UntagResourceOutput{}, r.retag(ctx, t, func(tags map[string]string) (map[string]string, error) {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
		return tags, nil
	})
}
