package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/companions/dynamodb/value"
)

// DeleteItem removes an item, under a condition where one is given. One that
// is not there may be removed.
//
// State: real
// Notes: Expected and ConditionExpression, old values
// Test: TestDeleteItem
func (r *Tables) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, _ ...opt) (*dynamodb.DeleteItemOutput, error) {
	p := parameters{names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
		expressions: []parameter{{"ConditionExpression", in.ConditionExpression}},
		others:      present(older{"Expected", in.Expected != nil}, older{"ConditionalOperator", in.ConditionalOperator != ""})}
	if err := p.check(); err != nil {
		return nil, err
	}
	key, err := itemOf(in.Key)
	if err != nil {
		return nil, err
	}
	if in.ReturnValues != "" && in.ReturnValues != types.ReturnValueNone && in.ReturnValues != types.ReturnValueAllOld {
		return nil, invalid("ReturnValues can only be ALL_OLD or NONE")
	}
	d, err := p.demand(in.Expected, in.ConditionalOperator, in.ReturnValuesOnConditionCheckFailure)
	if err != nil {
		return nil, err
	}
	t, done, err := r.use(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	defer done()
	tail, err := t.record.keyOf(key)
	if err != nil {
		return nil, err
	}
	w := &write{table: t, tail: tail, do: func(old value.Item) (value.Item, error) { return nil, d.check(old) }}
	if err := r.carryOut(ctx, w); err != nil {
		return nil, err
	}
	out := &dynamodb.DeleteItemOutput{ConsumedCapacity: t.written(in.ReturnConsumedCapacity, w)}
	if in.ReturnValues == types.ReturnValueAllOld {
		out.Attributes = shapeOf(w.old)
	}
	return out, nil
}
