package glue

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
)

// GetDatabases lists the databases of a catalog by name, 100 at a time.
//
// State: real
// Notes: pages, AttributesToGet; ResourceShareType is ignored, as nothing is shared
// Test: TestGetDatabases
func (c *Catalog) GetDatabases(ctx context.Context, in *glue.GetDatabasesInput, _ ...opt) (*glue.GetDatabasesOutput, error) {
	k, err := c.catalog(ctx, in.CatalogId)
	if err != nil {
		return nil, err
	}
	out := &glue.GetDatabasesOutput{DatabaseList: []types.Database{}}
	l := listing{prefix: k.prefix(prefixDatabase), about: "databases", limit: limitOf(in.MaxResults, defaultPage)}
	out.NextToken, err = c.page(ctx, l, in.NextToken, func(value []byte) (bool, error) {
		d := &databaseRecord{}
		if err := decode(value, d); err != nil {
			return false, err
		}
		one := d.shape(k)
		if len(in.AttributesToGet) > 0 {
			whole := one
			one = types.Database{Name: whole.Name, CatalogId: whole.CatalogId}
			if slices.Contains(in.AttributesToGet, types.DatabaseAttributesTargetDatabase) {
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
