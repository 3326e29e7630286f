package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/companions/dynamodb/value"
)

// PutItem writes a whole item, under a condition where one is given.
//
// State: real
// Notes: Expected and ConditionExpression, old values, 400 KB
// Test: TestPutItem
func (r *Tables) PutItem(ctx context.Context, in *dynamodb.PutItemInput, _ ...opt) (*dynamodb.PutItemOutput, error) {
	p := parameters{names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
		expressions: []parameter{{"ConditionExpression", in.ConditionExpression}},
		others:      present(older{"Expected", in.Expected != nil}, older{"ConditionalOperator", in.ConditionalOperator != ""})}
	if err := p.check(); err != nil {
		return nil, err
	}
	item, err := itemOf(in.Item)
	if err != nil {
		return nil, err
	}
	if in.ReturnValues != "" && in.ReturnValues != types.ReturnValueNone && in.ReturnValues != types.ReturnValueAllOld {
		return nil, invalid("ReturnValues can only be ALL_OLD or NONE")
	}
	if item.Size() > maxItemSize {
		return nil, errItemSize()
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
	tail, err := t.record.checkItem(item)
	if err != nil {
		return nil, err
	}
	w := &write{table: t, tail: tail, do: func(old value.Item) (value.Item, error) { return item, d.check(old) }}
	if err := r.carryOut(ctx, w); err != nil {
		return nil, err
	}
	out := &dynamodb.PutItemOutput{ConsumedCapacity: t.written(in.ReturnConsumedCapacity, w)}
	if in.ReturnValues == types.ReturnValueAllOld {
		out.Attributes = shapeOf(w.old)
	}
	return out, nil
}

// demand reads the condition of a write in either form.
func (p *parameters) demand(expected map[string]types.ExpectedAttributeValue, o types.ConditionalOperator,
	show types.ReturnValuesOnConditionCheckFailure) (demand, error) {
	tests, err := expectedOf(expected, o)
	if err != nil {
		return demand{}, err
	}
	x, err := p.parse()
	if err != nil {
		return demand{}, err
	}
	return demand{expected: tests, condition: x.condition, showOld: showsOld(show)}, nil
}
