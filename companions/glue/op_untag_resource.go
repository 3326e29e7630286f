package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// UntagResource removes tags of a database.
//
// State: real
// Notes: by key; keys that are not there are passed by
// Test: TestUntagResource
func (c *Catalog) UntagResource(ctx context.Context, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	return &api.UntagResourceOutput{}, c.retag(ctx, in.ResourceArn, func(tags map[string]string) (map[string]string, error) {
		for _, key := range in.TagsToRemove {
			delete(tags, key)
		}
		return tags, nil
	})
}
