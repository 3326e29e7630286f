package dynamodb

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/companions/dynamodb/value"
)

const maxBatchWrite = 25

// BatchWriteItem puts and deletes up to 25 items of any tables, without
// conditions. Here they become durable together; nothing is unprocessed.
//
// State: real
// Notes: all or none, where the service promises that of each item only
// Test: TestBatchWriteItem
func (r *Tables) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput, _ ...opt) (*dynamodb.BatchWriteItemOutput, error) {
	asked := map[string][]simpleWrite{}
	count := 0
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		for _, w := range in.RequestItems[name] {
			s, err := readSimple(w)
			if err != nil {
				return nil, err
			}
			asked[name] = append(asked[name], s)
			count++
		}
	}
	if count > maxBatchWrite {
		return nil, invalid("Too many items requested for the BatchWriteItem call")
	}
	tables, done, err := r.useAll(ctx, maps.Keys(asked))
	if err != nil {
		return nil, err
	}
	defer done()
	var writes []*write
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		for _, s := range asked[name] {
			w, err := s.write(tables[name])
			if err != nil {
				return nil, err
			}
			if seen[w.lock()] {
				return nil, invalid("Provided list of item keys contains duplicates")
			}
			seen[w.lock()] = true
			writes = append(writes, w)
		}
	}
	if err := r.carryOut(ctx, writes...); err != nil {
		return nil, err
	}
	return &dynamodb.BatchWriteItemOutput{UnprocessedItems: map[string][]types.WriteRequest{},
		ConsumedCapacity: together(in.ReturnConsumedCapacity, writes)}, nil
}

// simpleWrite is a put, or a delete when put is not set.
type simpleWrite struct {
	item value.Item
	put  bool
}

func readSimple(in types.WriteRequest) (simpleWrite, error) {
	switch {
	case in.PutRequest != nil && in.DeleteRequest == nil:
		item, err := itemOf(in.PutRequest.Item)
		if err == nil && item.Size() > maxItemSize {
			err = errItemSize()
		}
		return simpleWrite{item, true}, err
	case in.DeleteRequest != nil && in.PutRequest == nil:
		key, err := itemOf(in.DeleteRequest.Key)
		return simpleWrite{key, false}, err
	}
	return simpleWrite{}, invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
}

func (s simpleWrite) write(t *table) (*write, error) {
	if !s.put {
		tail, err := t.record.keyOf(s.item)
		return &write{table: t, tail: tail, do: func(value.Item) (value.Item, error) { return nil, nil }}, err
	}
	for _, name := range t.record.Key {
		if v := s.item[name]; v == nil || v.Kind != t.record.kind(name) {
			return nil, errKeySchema()
		}
	}
	tail, err := t.record.checkItem(s.item)
	return &write{table: t, tail: tail, do: func(value.Item) (value.Item, error) { return s.item, nil }}, err
}

// together is what writes have consumed, by table.
func together(r types.ReturnConsumedCapacity, writes []*write) []types.ConsumedCapacity {
	var list []types.ConsumedCapacity
	units := map[*table]float64{}
	var order []*table
	for _, w := range writes {
		if units[w.table] == 0 {
			order = append(order, w.table)
		}
		units[w.table] += writeUnits(max(w.next.Size(), w.old.Size()))
	}
	for _, t := range order {
		if c := t.consumed(r, units[t], nil); c != nil {
			list = append(list, *c)
		}
	}
	return list
}
