package glue

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/companions/glue/api"
)

// GetDatabase describes a database.
//
// State: real
// Notes: as it was made, in lower case
// Test: TestGetDatabase
func (c *Catalog) GetDatabase(ctx context.Context, in *api.GetDatabaseInput) (*api.GetDatabaseOutput, error) {
	p, err := c.locate(ctx, in.CatalogId, in.Name)
	if err != nil {
		return nil, err
	}
	d := p.database.shape(p.catalogKey)
	d.Name = aws.String(p.name)
	return &api.GetDatabaseOutput{Database: &d}, nil
}
