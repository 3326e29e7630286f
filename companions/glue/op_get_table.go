package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// GetTable describes a table as it is now.
//
// State: real
// Notes: AttributesToGet; QueryAsOfTime and transactions are ignored
// Test: TestGetTable
func (c *Catalog) GetTable(ctx context.Context, in *api.GetTableInput) (*api.GetTableOutput, error) {
	p, err := c.locate(ctx, in.CatalogId, in.DatabaseName)
	if err != nil {
		return nil, err
	}
	t, err := c.open(ctx, p, fold(in.Name))
	if NotFound(err) {
		err = errNoTableHere()
	}
	if err != nil {
		return nil, err
	}
	out := only(t.table.shape(p.catalogKey, p.name), in.AttributesToGet)
	return &api.GetTableOutput{Table: &out}, nil
}
