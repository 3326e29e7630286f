package glue

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/glue"
)

// TagResource adds tags to a database, the one thing of a Data Catalog that
// has tags.
//
// State: real
// Notes: databases only, 50 tags at most
// Test: TestTagResource
func (c *Catalog) TagResource(ctx context.Context, in *glue.TagResourceInput, _ ...opt) (*glue.TagResourceOutput, error) {
	return &glue.TagResourceOutput{}, c.retag(ctx, in.ResourceArn, func(old map[string]string) (map[string]string, error) {
		return withTags(old, in.TagsToAdd)
	})
}
