package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sluice/companions/dynamodb/expression"
)

// GetItem reads an item. Every read is consistent.
//
// State: real
// Notes: AttributesToGet and ProjectionExpression
// Test: TestGetItem
func (r *Tables) GetItem(ctx context.Context, in *dynamodb.GetItemInput, _ ...opt) (*dynamodb.GetItemOutput, error) {
	p := parameters{names: in.ExpressionAttributeNames,
		expressions: []parameter{{"ProjectionExpression", in.ProjectionExpression}},
		others:      present(older{"AttributesToGet", in.AttributesToGet != nil})}
	if err := p.check(); err != nil {
		return nil, err
	}
	key, err := itemOf(in.Key)
	if err != nil {
		return nil, err
	}
	projection, err := p.projection(in.AttributesToGet)
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
	item, err := r.read(ctx, t.record, tail)
	if err != nil {
		return nil, err
	}
	out := &dynamodb.GetItemOutput{ConsumedCapacity: t.consumed(in.ReturnConsumedCapacity, readUnits(item.Size(), in.ConsistentRead), nil)}
	if item != nil && projection != nil {
		item = projection.Of(item)
	}
	out.Item = shapeOf(item)
	return out, nil
}

// projection reads which attributes are asked for, in either form; nil for all.
func (p *parameters) projection(names []string) (expression.Projection, error) {
	if err := checkTwice(names); err != nil {
		return nil, err
	}
	x, err := p.parse()
	if err != nil {
		return nil, err
	}
	if x.projection != nil {
		return x.projection, nil
	}
	return expression.Names(names), nil
}

// checkTwice refuses names that come twice.
func checkTwice(names []string) error {
	seen := make(map[string]bool, len(names))
	for _, name := range names {
		if seen[name] {
			return badValue("Duplicate value in attribute name: %s", name)
		}
		seen[name] = true
	}
	return nil
}
