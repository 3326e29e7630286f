package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// GetTableVersions lists the versions of a table, the newest first.
//
// State: real
// Notes: pages of 100; the version of now counts
// Test: TestGetTableVersions
func (c *Catalog) GetTableVersions(ctx context.Context, in *api.GetTableVersionsInput) (*api.GetTableVersionsOutput, error) {
	t, err := c.locateTable(ctx, in.CatalogId, in.DatabaseName, in.TableName)
	if err != nil {
		return nil, err
	}
	out := &api.GetTableVersionsOutput{TableVersions: []api.TableVersion{}}
	l := listing{prefix: t.under(prefixVersion), about: "versions", limit: limitOf(in.MaxResults, defaultPage), reverse: true}
	if in.NextToken == nil || *in.NextToken == "" {
		out.TableVersions = append(out.TableVersions, t.versionShape(t.table))
		if l.limit--; l.limit == 0 {
			// The rest begins behind the version of now, if there is any.
			n, err := c.counts(ctx, t)
			if err == nil && n.Versions > 0 {
				out.NextToken = l.token(t.versionKey(t.table.Number))
			}
			return out, err
		}
	}
	out.NextToken, err = c.page(ctx, l, in.NextToken, func(_, value []byte) (bool, error) {
		old := &tableRecord{}
		if err := decode(value, old); err != nil {
			return false, err
		}
		out.TableVersions = append(out.TableVersions, t.versionShape(old))
		return true, nil
	})
	return out, err
}
