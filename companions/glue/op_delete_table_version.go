package glue

import (
	"context"

	"sluice/companions/glue/api"
)

// DeleteTableVersion removes an old version of a table. The version of now
// stays.
//
// State: real
// Notes: the version of now is refused
// Test: TestDeleteTableVersion
func (c *Catalog) DeleteTableVersion(ctx context.Context, in *api.DeleteTableVersionInput) (*api.DeleteTableVersionOutput, error) {
	t, done, err := c.change(ctx, in.CatalogId, in.DatabaseName, in.TableName)
	if err != nil {
		return nil, err
	}
	defer done()
	var failure error
	err = c.deleteVersions(ctx, t, []string{*in.VersionId}, func(_ string, err error) { failure = err })
	if failure != nil {
		return nil, failure
	}
	return &api.DeleteTableVersionOutput{}, err
}

// deleteVersions removes old versions of a table, whose turn the caller has,
// in one change, and calls failed for those that cannot be.
func (c *Catalog) deleteVersions(ctx context.Context, t tablePlace, ids []string, failed func(id string, err error)) error {
	n, err := c.counts(ctx, t)
	if err != nil {
		return err
	}
	b, seen := &batch{}, map[uint64]bool{}
	for _, id := range ids {
		old, err := c.version(ctx, t, id)
		switch {
		case err == nil && old.Number == t.table.Number:
			err = errCurrentVersion()
		case err == nil && seen[old.Number]:
			err = errNoVersion()
		}
		if err != nil {
			failed(id, err)
			continue
		}
		seen[old.Number] = true
		n.Versions--
		b.Delete(t.versionKey(old.Number))
	}
	if len(seen) == 0 {
		return nil
	}
	b.put(t.under(prefixCounts), n)
	return c.commit(ctx, b)
}
