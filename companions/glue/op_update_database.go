package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// UpdateDatabase puts another description in the place of a database's own.
// Its tables stay.
//
// State: real
// Notes: all of the description is replaced, as at the service; the name stays
// Test: TestUpdateDatabase
func (c *Catalog) UpdateDatabase(ctx context.Context, in *api.UpdateDatabaseInput) (*api.UpdateDatabaseOutput, error) {
	k, err := c.catalog(ctx, in.CatalogId)
	if err != nil {
		return nil, err
	}
	d, err := databaseOf(in.DatabaseInput)
	if err != nil {
		return nil, err
	}
	if d.Name != fold(in.Name) {
		return nil, errRenamed("Databases")
	}
	defer c.alone(k, d.Name)()
	p, err := c.find(ctx, k, d.Name)
	if err != nil {
		return nil, err
	}
	d.ID, d.Created, d.Tags = p.database.ID, p.database.Created, p.database.Tags
	b := &batch{}
	b.put(k.database(d.Name), d)
	return &api.UpdateDatabaseOutput{}, c.commit(ctx, b)
}
