package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// TagResource adds tags to a table.
//
// State: real
// Notes: 50 tags at most
// Test: TestTagResource
func (r *Tables) TagResource(ctx context.Context, in *dynamodb.TagResourceInput, _ ...opt) (*dynamodb.TagResourceOutput, error) {
	t, err := r.tagged("TagResource", in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if len(in.Tags) == 0 {
		return nil, invalid("Atleast one Tag needs to be provided as Input.")
	}
	return &dynamodb.TagResourceOutput{}, r.retag(ctx, t, func(tags map[string]string) (map[string]string, error) {
		return withTags(tags, in.Tags)
	})
}
