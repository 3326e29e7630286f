package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// DeleteDatabase removes a database and all that is in it.
//
// State: real
// Notes: tables, versions and partitions go with it at once, where the service takes its time
// Test: TestDeleteDatabase
func (c *Catalog) DeleteDatabase(ctx context.Context, in *api.DeleteDatabaseInput) (*api.DeleteDatabaseOutput, error) {
	k, err := c.catalog(ctx, in.CatalogId)
	if err != nil {
		return nil, err
	}
	defer c.alone(k)()
	p, err := c.find(ctx, k, fold(in.Name))
	if err != nil {
		return nil, err
	}
	all := &catalogRecord{}
	if _, err := c.read(ctx, k.prefix(prefixCatalog), all); err != nil {
		return nil, err
	}
	all.Databases--
	b := &batch{}
	b.put(k.prefix(prefixCatalog), all)
	b.Delete(k.database(p.name))
	for _, kind := range []byte{prefixContents, prefixTable, prefixCounts, prefixVersion, prefixPartition} {
		b.clear(k.inside(kind, p.database.ID))
	}
	return &api.DeleteDatabaseOutput{}, c.commit(ctx, b)
}
