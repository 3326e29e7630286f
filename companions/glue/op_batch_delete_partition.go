package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// BatchDeletePartition removes up to 25 partitions in one change.
//
// State: real
// Notes: partitions that are not there are told one by one
// Test: TestBatchDeletePartition
func (c *Catalog) BatchDeletePartition(ctx context.Context, in *api.BatchDeletePartitionInput) (*api.BatchDeletePartitionOutput, error) {
	out := &api.BatchDeletePartitionOutput{Errors: []api.PartitionError{}}
	return out, c.changePartitions(ctx, in.CatalogId, in.DatabaseName, in.TableName, func(x *changes) error {
		for _, asked := range in.PartitionsToDelete {
			if err := x.remove(ctx, asked.Values); err != nil {
				out.Errors = append(out.Errors, api.PartitionError{PartitionValues: asked.Values, ErrorDetail: detail(err)})
			}
		}
		return nil
	})
}
