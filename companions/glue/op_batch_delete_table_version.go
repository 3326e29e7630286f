package glue

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/companions/glue/api"
)

// BatchDeleteTableVersion removes up to 100 old versions of a table in one
// change.
//
// State: real
// Notes: versions that are not there, or that are of now, are told one by one
// Test: TestBatchDeleteTableVersion
func (c *Catalog) BatchDeleteTableVersion(ctx context.Context, in *api.BatchDeleteTableVersionInput) (*api.BatchDeleteTableVersionOutput, error) {
	t, done, err := c.change(ctx, in.CatalogId, in.DatabaseName, in.TableName)
	if err != nil {
		return nil, err
	}
	defer done()
	out := &api.BatchDeleteTableVersionOutput{Errors: []api.TableVersionError{}}
	err = c.deleteVersions(ctx, t, in.VersionIds, func(id string, err error) {
		out.Errors = append(out.Errors, api.TableVersionError{TableName: aws.String(t.table.Name), VersionId: aws.String(id), ErrorDetail: detail(err)})
	})
	return out, err
}
