package dynamodb

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/companions/dynamodb/expression"
	"sluice/companions/dynamodb/value"
)

// TransactGetItems reads up to 100 items while nobody writes them.
//
// State: real
// Notes: one moment for all items
// Test: TestTransactGetItems
func (r *Tables) TransactGetItems(ctx context.Context, in *dynamodb.TransactGetItemsInput, _ ...opt) (*dynamodb.TransactGetItemsOutput, error) {
	keys := make([]value.Item, len(in.TransactItems))
	projections := make([]expression.Projection, len(in.TransactItems))
	names := make([]string, len(in.TransactItems))
	for i, item := range in.TransactItems {
		g := item.Get
		p := parameters{names: g.ExpressionAttributeNames, expressions: []parameter{{"ProjectionExpression", g.ProjectionExpression}}}
		err := p.check()
		if err == nil {
			keys[i], err = itemOf(g.Key)
		}
		if err == nil {
			projections[i], err = p.projection(nil)
		}
		if err != nil {
			return nil, err
		}
		names[i] = aws.ToString(g.TableName)
	}
	tables, done, err := r.useAll(ctx, slices.Values(names))
	if err != nil {
		return nil, err
	}
	defer done()
	writes := make([]*write, len(keys)) // of which only the turns are needed
	locks := make([]string, len(keys))
	for i, key := range keys {
		tail, err := tables[names[i]].record.keyOf(key)
		if err != nil {
			return nil, err
		}
		writes[i] = &write{table: tables[names[i]], tail: tail}
		locks[i] = writes[i].lock()
	}
	slices.Sort(locks)
	if len(slices.Compact(slices.Clone(locks))) != len(locks) {
		return nil, invalid("Transaction request cannot include multiple operations on one item")
	}
	defer r.turns.take(locks...)()
	out := &dynamodb.TransactGetItemsOutput{}
	for i, w := range writes {
		item, err := r.read(ctx, w.table.record, w.tail)
		if err != nil {
			return nil, err
		}
		if c := w.table.consumed(in.ReturnConsumedCapacity, 4*readUnits(item.Size(), nil), nil); c != nil {
			out.ConsumedCapacity = append(out.ConsumedCapacity, *c)
		}
		if item != nil && projections[i] != nil {
			item = projections[i].Of(item)
		}
		out.Responses = append(out.Responses, types.ItemResponse{Item: shapeOf(item)})
	}
	return out, nil
}
