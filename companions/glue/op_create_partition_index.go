package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// CreatePartitionIndex adds an index over partition keys. It is no new version
// of the table.
//
// State: stored
// Notes: kept and told, three at most; nothing is faster by it
// Test: TestCreatePartitionIndex
func (c *Catalog) CreatePartitionIndex(ctx context.Context, in *api.CreatePartitionIndexInput) (*api.CreatePartitionIndexOutput, error) {
	return &api.CreatePartitionIndexOutput{}, c.reindex(ctx, in.CatalogId, in.DatabaseName, in.TableName, func(t *tableRecord) (err error) {
		t.Indexes, err = checkIndexes(t.Keys, t.Indexes, *in.PartitionIndex)
		return err
	})
}

// reindex changes the indexes of a table.
func (c *Catalog) reindex(ctx context.Context, catalog, database, table *string, change func(*tableRecord) error) error {
	t, done, err := c.change(ctx, catalog, database, table)
	if err != nil {
		return err
	}
	defer done()
	if err := change(t.table); err != nil {
		return err
	}
	b := &batch{}
	b.put(t.catalogKey.table(t.database.ID, t.table.Name), t.table)
	return c.commit(ctx, b)
}
