package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// GetTags tells the tags of a database. Terraform asks after each change.
//
// State: real
// Notes: databases only
// Test: TestGetTags
func (c *Catalog) GetTags(ctx context.Context, in *api.GetTagsInput) (*api.GetTagsOutput, error) {
	k, name, err := tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	p, err := c.find(ctx, k, name)
	if err != nil {
		return nil, err
	}
	out := &api.GetTagsOutput{Tags: p.database.Tags}
	if out.Tags == nil {
		out.Tags = map[string]string{}
	}
	return out, nil
}
