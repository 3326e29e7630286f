package glue

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
)

// GetTable describes a table as it is now.
//
// State: real
// Notes: AttributesToGet; QueryAsOfTime and transactions are ignored
// Test: TestGetTable
func (c *Catalog) GetTable(ctx context.Context, in *glue.GetTableInput, _ ...opt) (*glue.GetTableOutput, error) {
	p, err := c.locate(ctx, in.CatalogId, in.DatabaseName)
	if err != nil {
		return nil, err
	}
	t, err := c.open(ctx, p, fold(in.Name))
	if missing(err) {
		err = errNoTableHere()
	}
	if err != nil {
		return nil, err
	}
	out := only(t.table.shape(p.catalogKey, p.name), in.AttributesToGet)
	return &glue.GetTableOutput{Table: &out}, nil
}

// missing says whether an error is that something is not there.
func missing(err error) bool {
	var not *types.EntityNotFoundException
	return errors.As(err, &not)
}
