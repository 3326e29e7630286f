package dynamodb

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// ListTagsOfResource lists the tags of a table by key, on one page.
//
// State: real
// Notes: sorted
// Test: TestListTagsOfResource
func (r *Tables) ListTagsOfResource(_ context.Context, in *dynamodb.ListTagsOfResourceInput, _ ...opt) (*dynamodb.ListTagsOfResourceOutput, error) {
	t, err := r.tagged("ListTagsOfResource", in.ResourceArn)
	if err != nil {
		return nil, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	out := &dynamodb.ListTagsOfResourceOutput{Tags: []types.Tag{}}
	for _, key := range slices.Sorted(maps.Keys(t.record.Tags)) {
		out.Tags = append(out.Tags, types.Tag{Key: aws.String(key), Value: aws.String(t.record.Tags[key])})
	}
	return out, nil
}
