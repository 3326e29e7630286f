package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// GetTableVersion tells a version of a table, or what it has now when no
// version is named.
//
// State: real
// Notes: the version of now and old ones
// Test: TestGetTableVersion
func (c *Catalog) GetTableVersion(ctx context.Context, in *api.GetTableVersionInput) (*api.GetTableVersionOutput, error) {
	t, err := c.locateTable(ctx, in.CatalogId, in.DatabaseName, in.TableName)
	if err != nil {
		return nil, err
	}
	found := t.table
	if in.VersionId != nil {
		if found, err = c.version(ctx, t, *in.VersionId); err != nil {
			return nil, err
		}
	}
	out := t.versionShape(found)
	return &api.GetTableVersionOutput{TableVersion: &out}, nil
}

func (t tablePlace) versionShape(r *tableRecord) api.TableVersion {
	table := r.shape(t.catalogKey, t.name)
	return api.TableVersion{Table: &table, VersionId: table.VersionId}
}
