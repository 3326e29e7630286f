package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// CreateTable makes a table. Its first version is 0. Types of columns are kept
// as they are written; who reads the data finds out what they mean.
//
// State: real
// Notes: partition indexes, links; OpenTableFormatInput, ViewDefinition and schemas of a registry are refused
// Test: TestCreateTable
func (c *Catalog) CreateTable(ctx context.Context, in *api.CreateTableInput) (*api.CreateTableOutput, error) {
	switch {
	case in.OpenTableFormatInput != nil:
		return nil, beyond("Tables whose metadata the catalog writes itself (OpenTableFormatInput) are")
	case in.TableInput == nil:
		return nil, errMissing("tableInput")
	}
	k, err := c.catalog(ctx, in.CatalogId)
	if err != nil {
		return nil, err
	}
	t, err := tableOf(in.TableInput)
	if err != nil {
		return nil, err
	}
	if t.Indexes, err = checkIndexes(t.Keys, nil, in.PartitionIndexes...); err != nil {
		return nil, err
	}
	defer c.alone(k, fold(in.DatabaseName))()
	p, err := c.find(ctx, k, fold(in.DatabaseName))
	if err != nil {
		return nil, err
	}
	if err := allow(ctx, k, "table/"+p.name+"/"+t.Name); err != nil {
		return nil, err
	}
	switch ok, err := c.read(ctx, k.table(p.database.ID, t.Name), &tableRecord{}); {
	case err != nil:
		return nil, err
	case ok:
		return nil, exists("Table")
	}
	all := &contentsRecord{}
	if _, err := c.read(ctx, k.inside(prefixContents, p.database.ID), all); err != nil {
		return nil, err
	}
	if all.Tables >= c.quotas.Tables {
		return nil, errTooMany("TABLE", c.quotas.Tables)
	}
	all.Tables++
	all.Next++
	t.ID, t.Created, t.Updated, t.Creator = all.Next, c.now(), c.now(), creator(ctx, k)
	b := &batch{}
	b.put(k.inside(prefixContents, p.database.ID), all)
	b.put(k.table(p.database.ID, t.Name), t)
	return &api.CreateTableOutput{}, c.commit(ctx, b)
}
