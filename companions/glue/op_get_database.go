package glue

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
)

// GetDatabase describes a database.
//
// State: real
// Notes: as it was made, in lower case
// Test: TestGetDatabase
func (c *Catalog) GetDatabase(ctx context.Context, in *glue.GetDatabaseInput, _ ...opt) (*glue.GetDatabaseOutput, error) {
	p, err := c.locate(ctx, in.CatalogId, in.Name)
	if err != nil {
		return nil, err
	}
	d := p.database.shape(p.catalogKey)
	d.Name = aws.String(p.name)
	return &glue.GetDatabaseOutput{Database: &d}, nil
}
