package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// CreateDatabase makes a database. Its name is folded to lower case.
//
// State: real
// Notes: descriptions, parameters, locations, links and tags; permissions are kept and have no effect
// Test: TestCreateDatabase
func (c *Catalog) CreateDatabase(ctx context.Context, in *api.CreateDatabaseInput) (*api.CreateDatabaseOutput, error) {
	k, err := c.catalog(ctx, in.CatalogId)
	if err != nil {
		return nil, err
	}
	d, err := databaseOf(in.DatabaseInput)
	if err != nil {
		return nil, err
	}
	if d.Tags, err = withTags(nil, in.Tags); err != nil {
		return nil, err
	}
	if err := allow(ctx, k, "database/"+d.Name); err != nil {
		return nil, err
	}
	defer c.alone(k)()
	switch ok, err := c.read(ctx, k.database(d.Name), &databaseRecord{}); {
	case err != nil:
		return nil, err
	case ok:
		return nil, exists("Database")
	}
	all := &catalogRecord{}
	if _, err := c.read(ctx, k.prefix(prefixCatalog), all); err != nil {
		return nil, err
	}
	if all.Databases >= c.quotas.Databases {
		return nil, errTooMany("DATABASE", c.quotas.Databases)
	}
	all.Databases++
	all.Next++
	d.ID, d.Created = all.Next, c.now()
	b := &batch{}
	b.put(k.prefix(prefixCatalog), all)
	b.put(k.database(d.Name), d)
	return &api.CreateDatabaseOutput{}, c.commit(ctx, b)
}
