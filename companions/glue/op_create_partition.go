package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// CreatePartition makes a partition of a table.
//
// State: real
// Notes: one value for each partition key
// Test: TestCreatePartition
func (c *Catalog) CreatePartition(ctx context.Context, in *api.CreatePartitionInput) (*api.CreatePartitionOutput, error) {
	return &api.CreatePartitionOutput{}, c.changePartitions(ctx, in.CatalogId, in.DatabaseName, in.TableName, func(x *changes) error {
		return x.create(ctx, "partitionInput", in.PartitionInput)
	})
}
