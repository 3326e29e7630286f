package glue

import (
	"context"
	"slices"

	"sluice/companions/glue/api"
)

// DeletePartitionIndex removes an index over partition keys.
//
// State: stored
// Notes: gone at once
// Test: TestDeletePartitionIndex
func (c *Catalog) DeletePartitionIndex(ctx context.Context, in *api.DeletePartitionIndexInput) (*api.DeletePartitionIndexOutput, error) {
	return &api.DeletePartitionIndexOutput{}, c.reindex(ctx, in.CatalogId, in.DatabaseName, in.TableName, func(t *tableRecord) error {
		before := len(t.Indexes)
		t.Indexes = slices.DeleteFunc(t.Indexes, func(x partitionIndex) bool { return x.Name == fold(in.IndexName) })
		if len(t.Indexes) == before {
			return errNoIndex()
		}
		return nil
	})
}
