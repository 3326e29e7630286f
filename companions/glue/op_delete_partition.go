package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// DeletePartition removes a partition.
//
// State: real
// Notes: the data stay where they are, as at the service
// Test: TestDeletePartition
func (c *Catalog) DeletePartition(ctx context.Context, in *api.DeletePartitionInput) (*api.DeletePartitionOutput, error) {
	return &api.DeletePartitionOutput{}, c.changePartitions(ctx, in.CatalogId, in.DatabaseName, in.TableName, func(x *changes) error {
		return x.remove(ctx, in.PartitionValues)
	})
}
