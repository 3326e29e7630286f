package glue

import (
	"context"
	"slices"

	"sluice/companions/glue/api"
)

// GetDatabases lists the databases of a catalog by name, 100 at a time.
//
// State: real
// Notes: pages, AttributesToGet; ResourceShareType is ignored, as nothing is shared
// Test: TestGetDatabases
func (c *Catalog) GetDatabases(ctx context.Context, in *api.GetDatabasesInput) (*api.GetDatabasesOutput, error) {
	k, err := c.catalog(ctx, in.CatalogId)
	if err != nil {
		return nil, err
	}
	out := &api.GetDatabasesOutput{DatabaseList: []api.Database{}}
	l := listing{prefix: k.prefix(prefixDatabase), about: "databases", limit: limitOf(in.MaxResults, defaultPage)}
	out.NextToken, err = c.page(ctx, l, in.NextToken, func(_, value []byte) (bool, error) {
		d := &databaseRecord{}
		if err := decode(value, d); err != nil {
			return false, err
		}
		one := d.shape(k)
		if len(in.AttributesToGet) > 0 {
			whole := one
			one = api.Database{Name: whole.Name, CatalogId: whole.CatalogId}
			if slices.Contains(in.AttributesToGet, api.DatabaseAttributesTargetDatabase) {
				one.TargetDatabase = whole.TargetDatabase
			}
		}
		out.DatabaseList = append(out.DatabaseList, one)
		return true, nil
	})
	return out, err
}

// defaultPage is how many entries a page holds when the caller does not say.
const defaultPage = 100
