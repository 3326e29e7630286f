package glue

import (
	"context"
	"fmt"

	"sluice/companions/glue/api"
)

// BatchUpdatePartition changes up to 100 partitions in one change.
//
// State: real
// Notes: partitions that are not there are told one by one
// Test: TestBatchUpdatePartition
func (c *Catalog) BatchUpdatePartition(ctx context.Context, in *api.BatchUpdatePartitionInput) (*api.BatchUpdatePartitionOutput, error) {
	out := &api.BatchUpdatePartitionOutput{Errors: []api.BatchUpdatePartitionFailureEntry{}}
	return out, c.changePartitions(ctx, in.CatalogId, in.DatabaseName, in.TableName, func(x *changes) error {
		for i, e := range in.Entries {
			if err := x.update(ctx, e.PartitionValueList, fmt.Sprintf("entries.%d.member.partitionInput", i+1), e.PartitionInput); err != nil {
				out.Errors = append(out.Errors, api.BatchUpdatePartitionFailureEntry{PartitionValueList: e.PartitionValueList, ErrorDetail: detail(err)})
			}
		}
		return nil
	})
}
