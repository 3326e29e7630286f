package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// TagResource adds tags to a database, the one thing of a Data Catalog that
// has tags.
//
// State: real
// Notes: databases only, 50 tags at most
// Test: TestTagResource
func (c *Catalog) TagResource(ctx context.Context, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	return &api.TagResourceOutput{}, c.retag(ctx, in.ResourceArn, func(old map[string]string) (map[string]string, error) {
		return withTags(old, in.TagsToAdd)
	})
}
