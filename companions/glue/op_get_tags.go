package glue

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/glue"
)

// GetTags tells the tags of a database. Terraform asks after each change.
//
// State: real
// Notes: databases only
// Test: TestGetTags
func (c *Catalog) GetTags(ctx context.Context, in *glue.GetTagsInput, _ ...opt) (*glue.GetTagsOutput, error) {
	k, name, err := tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	p, err := c.find(ctx, k, name)
	if err != nil {
		return nil, err
	}
	out := &glue.GetTagsOutput{Tags: p.database.Tags}
	if out.Tags == nil {
		out.Tags = map[string]string{}
	}
	return out, nil
}
