package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// UpdatePartition puts another description in the place of a partition's own.
// Other values make it another partition.
//
// State: real
// Notes: all of the description is replaced; values may change
// Test: TestUpdatePartition
func (c *Catalog) UpdatePartition(ctx context.Context, in *api.UpdatePartitionInput) (*api.UpdatePartitionOutput, error) {
	return &api.UpdatePartitionOutput{}, c.changePartitions(ctx, in.CatalogId, in.DatabaseName, in.TableName, func(x *changes) error {
		return x.update(ctx, in.PartitionValueList, "partitionInput", in.PartitionInput)
	})
}
