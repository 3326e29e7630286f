package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// GetPartition tells a partition by its values.
//
// State: real
// Notes: values in the order of the partition keys
// Test: TestGetPartition
func (c *Catalog) GetPartition(ctx context.Context, in *api.GetPartitionInput) (*api.GetPartitionOutput, error) {
	t, err := c.locateTable(ctx, in.CatalogId, in.DatabaseName, in.TableName)
	if err != nil {
		return nil, err
	}
	r, err := c.getPartition(ctx, t, in.PartitionValues)
	if err != nil {
		return nil, err
	}
	p := r.shape(t.catalogKey, t.name, t.table.Name)
	return &api.GetPartitionOutput{Partition: &p}, nil
}
