package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// DeleteTable removes a table.
//
// State: real
// Notes: versions and partitions go with it at once, where the service takes its time
// Test: TestDeleteTable
func (c *Catalog) DeleteTable(ctx context.Context, in *api.DeleteTableInput) (*api.DeleteTableOutput, error) {
	failed, err := c.deleteTables(ctx, in.CatalogId, in.DatabaseName, []string{fold(in.Name)})
	for _, f := range failed {
		return nil, f.err
	}
	return &api.DeleteTableOutput{}, err
}

// failedTable is a table that could not be removed.
type failedTable struct {
	name string
	err  error
}

func (c *Catalog) deleteTables(ctx context.Context, catalog, database *string, names []string) ([]failedTable, error) {
	k, err := c.catalog(ctx, catalog)
	if err != nil {
		return nil, err
	}
	defer c.alone(k, fold(database))()
	p, err := c.find(ctx, k, fold(database))
	if err != nil {
		return nil, err
	}
	var failed []failedTable
	err = c.removeTables(ctx, p, names, func(name string, err error) { failed = append(failed, failedTable{name, err}) })
	return failed, err
}
