package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// DescribeTable tells what a table is and how much it holds, to the item.
//
// State: real
// Notes: counts are exact and of now
// Test: TestDescribeTable
func (r *Tables) DescribeTable(ctx context.Context, in *dynamodb.DescribeTableInput, _ ...opt) (*dynamodb.DescribeTableOutput, error) {
	k, err := r.named(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	t := r.get(k)
	if t == nil {
		if rec := r.fadingRecord(k); rec != nil {
			return &dynamodb.DescribeTableOutput{Table: rec.describe(k, "DELETING")}, nil
		}
		return nil, errNoTable(k.name)
	}
	d, err := r.describe(ctx, t)
	if err != nil {
		return nil, err
	}
	return &dynamodb.DescribeTableOutput{Table: d}, nil
}
