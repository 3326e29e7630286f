package glue

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/companions/glue/api"
)

// BatchDeleteTable removes up to 100 tables in one change.
//
// State: real
// Notes: tables that are not there are told one by one
// Test: TestBatchDeleteTable
func (c *Catalog) BatchDeleteTable(ctx context.Context, in *api.BatchDeleteTableInput) (*api.BatchDeleteTableOutput, error) {
	failed, err := c.deleteTables(ctx, in.CatalogId, in.DatabaseName, foldAll(in.TablesToDelete))
	if err != nil {
		return nil, err
	}
	out := &api.BatchDeleteTableOutput{Errors: []api.TableError{}}
	for _, f := range failed {
		out.Errors = append(out.Errors, api.TableError{TableName: aws.String(f.name), ErrorDetail: detail(f.err)})
	}
	return out, nil
}
