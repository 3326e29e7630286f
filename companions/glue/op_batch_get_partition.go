package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// BatchGetPartition tells up to 1,000 partitions by their values. Those that
// are not there are left out.
//
// State: real
// Notes: what goes beyond 4 MB is unprocessed
// Test: TestBatchGetPartition
func (c *Catalog) BatchGetPartition(ctx context.Context, in *api.BatchGetPartitionInput) (*api.BatchGetPartitionOutput, error) {
	t, err := c.locateTable(ctx, in.CatalogId, in.DatabaseName, in.TableName)
	if err != nil {
		return nil, err
	}
	out := &api.BatchGetPartitionOutput{Partitions: []api.Partition{}, UnprocessedKeys: []api.PartitionValueList{}}
	for _, asked := range in.PartitionsToGet {
		if err := t.checkValues(asked.Values); err != nil {
			return nil, err
		}
	}
	weight := 0
	for i, asked := range in.PartitionsToGet {
		value, ok, err := c.space.Get(ctx, t.partitionKey(asked.Values))
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if weight += len(value); weight > pageBytes && len(out.Partitions) > 0 {
			out.UnprocessedKeys = in.PartitionsToGet[i:]
			break
		}
		r := &partitionRecord{}
		if err := decode(value, r); err != nil {
			return nil, err
		}
		out.Partitions = append(out.Partitions, r.shape(t.catalogKey, t.name, t.table.Name))
	}
	return out, nil
}
