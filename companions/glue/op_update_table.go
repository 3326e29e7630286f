package glue

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/companions/glue/api"
)

// UpdateTable puts another description in the place of a table's own, as its
// next version. What it was before becomes an old version, unless SkipArchive
// is set. A VersionId makes the update fail when the table is no longer at that
// version, which is how Iceberg writers commit.
//
// State: real
// Notes: versions, SkipArchive, VersionId; the name stays; UpdateOpenTableFormatInput and ViewDefinition are refused
// Test: TestUpdateTable
func (c *Catalog) UpdateTable(ctx context.Context, in *api.UpdateTableInput) (*api.UpdateTableOutput, error) {
	switch {
	case in.UpdateOpenTableFormatInput != nil:
		return nil, beyond("Tables whose metadata the catalog writes itself (UpdateOpenTableFormatInput) are")
	case in.TableInput == nil:
		return nil, errMissing("tableInput")
	case in.Name != nil && fold(in.Name) != fold(in.TableInput.Name):
		return nil, errRenamed("Tables")
	}
	updated, err := tableOf(in.TableInput)
	if err != nil {
		return nil, err
	}
	t, done, err := c.change(ctx, in.CatalogId, in.DatabaseName, in.TableInput.Name)
	if err != nil {
		return nil, err
	}
	defer done()
	if in.VersionId != nil {
		n, err := versionOf(*in.VersionId)
		switch {
		case err != nil:
			return nil, err
		case n != t.table.Number:
			return nil, errStale()
		}
	}
	b := &batch{}
	if !aws.ToBool(in.SkipArchive) {
		n, err := c.counts(ctx, t)
		switch {
		case err != nil:
			return nil, err
		case n.Versions >= c.quotas.Versions:
			return nil, errTooMany("TABLE_VERSION", c.quotas.Versions)
		}
		n.Versions++
		b.put(t.under(prefixCounts), n)
		b.put(t.versionKey(t.table.Number), t.table)
	}
	old := t.table
	updated.ID, updated.Number, updated.Created, updated.Creator = old.ID, old.Number+1, old.Created, old.Creator
	updated.Updated, updated.Indexes = c.now(), old.Indexes
	b.put(t.catalogKey.table(t.database.ID, old.Name), updated)
	return &api.UpdateTableOutput{}, c.commit(ctx, b)
}
