package glue

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/companions/glue/api"
)

// GetPartitionIndexes lists the partition indexes of a table. Terraform asks
// whenever it reads one.
//
// State: stored
// Notes: kept and told, ACTIVE at once; nothing is faster by them
// Test: TestGetPartitionIndexes
func (c *Catalog) GetPartitionIndexes(ctx context.Context, in *api.GetPartitionIndexesInput) (*api.GetPartitionIndexesOutput, error) {
	t, err := c.locateTable(ctx, in.CatalogId, in.DatabaseName, in.TableName)
	if err != nil {
		return nil, err
	}
	out := &api.GetPartitionIndexesOutput{PartitionIndexDescriptorList: []api.PartitionIndexDescriptor{}}
	if aws.ToString(in.NextToken) != "" {
		return nil, errToken() // there is one page
	}
	for _, x := range t.table.Indexes {
		keys := each(x.Keys, func(name string) api.KeySchemaElement {
			of := keyType(t.table.Keys, name)
			if of == nil { // the table has other keys since
				of = aws.String("string")
			}
			return api.KeySchemaElement{Name: aws.String(name), Type: of}
		})
		out.PartitionIndexDescriptorList = append(out.PartitionIndexDescriptorList,
			api.PartitionIndexDescriptor{IndexName: aws.String(x.Name), Keys: keys, IndexStatus: api.PartitionIndexActive})
	}
	return out, nil
}
