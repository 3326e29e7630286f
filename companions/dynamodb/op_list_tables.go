package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// ListTables lists the tables of the caller by name, 100 at a time.
//
// State: real
// Notes: pages
// Test: TestListTables
func (r *Tables) ListTables(ctx context.Context, in *dynamodb.ListTablesInput, _ ...opt) (*dynamodb.ListTablesOutput, error) {
	me, limit := r.caller(ctx), 100
	if in.Limit != nil {
		limit = int(*in.Limit)
	}
	out := &dynamodb.ListTablesOutput{TableNames: []string{}}
	for _, t := range r.all() {
		k := t.key
		if k.account != me.account || k.region != me.region || in.ExclusiveStartTableName != nil && k.name <= *in.ExclusiveStartTableName {
			continue
		}
		if len(out.TableNames) == limit {
			out.LastEvaluatedTableName = aws.String(out.TableNames[limit-1])
			break
		}
		out.TableNames = append(out.TableNames, k.name)
	}
	return out, nil
}
