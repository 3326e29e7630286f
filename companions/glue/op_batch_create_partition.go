package glue

import (
	"context"
	"fmt"

	"sluice/companions/glue/api"
)

// BatchCreatePartition makes up to 100 partitions in one change.
//
// State: real
// Notes: partitions that are there already are told one by one
// Test: TestBatchCreatePartition
func (c *Catalog) BatchCreatePartition(ctx context.Context, in *api.BatchCreatePartitionInput) (*api.BatchCreatePartitionOutput, error) {
	out := &api.BatchCreatePartitionOutput{Errors: []api.PartitionError{}}
	return out, c.changePartitions(ctx, in.CatalogId, in.DatabaseName, in.TableName, func(x *changes) error {
		for i := range in.PartitionInputList {
			one := &in.PartitionInputList[i]
			if err := x.create(ctx, fmt.Sprintf("partitionInputList.%d.member", i+1), one); err != nil {
				out.Errors = append(out.Errors, api.PartitionError{PartitionValues: one.Values, ErrorDetail: detail(err)})
			}
		}
		return nil
	})
}
