package dynamodb

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/companions/dynamodb/expression"
	"sluice/companions/dynamodb/value"
)

const (
	maxBatchGet = 100
	// maxBatchGetBytes is how much one answer holds; the rest is unprocessed.
	maxBatchGetBytes = 16 << 20
)

// BatchGetItem reads up to 100 items of any tables.
//
// State: real
// Notes: what goes beyond 16 MB is unprocessed
// Test: TestBatchGetItem
func (r *Tables) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, _ ...opt) (*dynamodb.BatchGetItemOutput, error) {
	asked := map[string]*manyKeys{}
	count := 0
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		k := in.RequestItems[name]
		m, err := readKeys(&k)
		if err != nil {
			return nil, err
		}
		if count += len(m.keys); count > maxBatchGet {
			return nil, invalid("Too many items requested for the BatchGetItem call")
		}
		asked[name] = m
	}
	tables, done, err := r.useAll(ctx, maps.Keys(asked))
	if err != nil {
		return nil, err
	}
	defer done()
	out := &dynamodb.BatchGetItemOutput{Responses: map[string][]map[string]types.AttributeValue{}, UnprocessedKeys: map[string]types.KeysAndAttributes{}}
	size := 0
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		if err := r.getMany(ctx, in, tables[name], name, asked[name], out, &size); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// manyKeys is what a batch asks of one table.
type manyKeys struct {
	keys       []value.Item
	projection expression.Projection
}

func readKeys(in *types.KeysAndAttributes) (*manyKeys, error) {
	p := parameters{names: in.ExpressionAttributeNames, expressions: []parameter{{"ProjectionExpression", in.ProjectionExpression}},
		others: present(older{"AttributesToGet", in.AttributesToGet != nil})}
	if err := p.check(); err != nil {
		return nil, err
	}
	m := &manyKeys{}
	var err error
	if m.projection, err = p.projection(in.AttributesToGet); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, shape := range in.Keys {
		key, err := itemOf(shape)
		if err != nil {
			return nil, err
		}
		text := string(key.Encode())
		if seen[text] {
			return nil, invalid("Provided list of item keys contains duplicates")
		}
		seen[text] = true
		m.keys = append(m.keys, key)
	}
	return m, nil
}

func (r *Tables) getMany(ctx context.Context, in *dynamodb.BatchGetItemInput, t *table, name string, m *manyKeys,
	out *dynamodb.BatchGetItemOutput, size *int) error {
	out.Responses[name] = []map[string]types.AttributeValue{}
	asked := in.RequestItems[name]
	units := 0.0
	for i, key := range m.keys {
		tail, err := t.record.keyOf(key)
		if err != nil {
			return err
		}
		item, err := r.read(ctx, t.record, tail)
		if err != nil {
			return err
		}
		if *size += item.Size(); *size > maxBatchGetBytes {
			rest := asked
			rest.Keys = asked.Keys[i:]
			out.UnprocessedKeys[name] = rest
			break
		}
		units += readUnits(item.Size(), asked.ConsistentRead)
		if item == nil {
			continue
		}
		if m.projection != nil {
			item = m.projection.Of(item)
		}
		out.Responses[name] = append(out.Responses[name], shapeOf(item))
	}
	if c := t.consumed(in.ReturnConsumedCapacity, units, nil); c != nil {
		out.ConsumedCapacity = append(out.ConsumedCapacity, *c)
	}
	return nil
}
