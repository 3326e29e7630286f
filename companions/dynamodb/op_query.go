package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sluice/companions/dynamodb/expression"
	"sluice/companions/dynamodb/value"
)

// Query reads the items of one hash key in the order of their range keys, from
// the table or one of its indexes.
//
// State: real
// Notes: key conditions in both forms, filters, pages, both directions; an index can be read as soon as it is made
// Test: TestQuery
func (r *Tables) Query(ctx context.Context, in *dynamodb.QueryInput, _ ...opt) (*dynamodb.QueryOutput, error) {
	q, err := readQuery(in)
	if err != nil {
		return nil, err
	}
	t, done, err := r.use(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	defer done()
	s := &search{table: t, reverse: in.ScanIndexForward != nil && !*in.ScanIndexForward, projection: q.projection,
		limit: int(aws.ToInt32(in.Limit)), keep: q.keep}
	if err := s.choose(in.IndexName, in.Select, in.ConsistentRead); err != nil {
		return nil, err
	}
	if err := q.bound(s); err != nil {
		return nil, err
	}
	if err := q.checkFilter(s); err != nil {
		return nil, err
	}
	p, err := r.search(ctx, s)
	if err != nil {
		return nil, err
	}
	return &dynamodb.QueryOutput{
		Items: p.items, Count: int32(p.count), ScannedCount: int32(p.scanned), LastEvaluatedKey: shapeOf(p.last),
		ConsumedCapacity: t.consumed(in.ReturnConsumedCapacity, readUnits(p.size, in.ConsistentRead), s.index),
	}, nil
}

// query is what a QueryInput says.
type query struct {
	keys       map[string]expression.KeyCondition
	start      value.Item
	projection expression.Projection
	filter     *expression.Condition
	tests      *tests
}

func readQuery(in *dynamodb.QueryInput) (*query, error) {
	p := parameters{names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
		expressions: []parameter{{"ProjectionExpression", in.ProjectionExpression}, {"FilterExpression", in.FilterExpression},
			{"KeyConditionExpression", in.KeyConditionExpression}},
		others: present(older{"AttributesToGet", in.AttributesToGet != nil}, older{"QueryFilter", in.QueryFilter != nil},
			older{"ConditionalOperator", in.ConditionalOperator != ""},
			older{"KeyConditions", in.KeyConditions != nil && in.KeyConditionExpression != nil})}
	if err := p.check(); err != nil {
		return nil, err
	}
	q := &query{}
	var err error
	if q.tests, err = filterOf(in.QueryFilter, in.ConditionalOperator); err != nil {
		return nil, err
	}
	if err := checkTwice(in.AttributesToGet); err != nil {
		return nil, err
	}
	if q.start, err = startOf(in.ExclusiveStartKey); err != nil {
		return nil, err
	}
	if in.KeyConditions == nil && in.KeyConditionExpression == nil {
		return nil, invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	x, err := p.parse()
	if err != nil {
		return nil, err
	}
	q.filter, q.projection = x.filter, x.projection
	if q.projection == nil {
		q.projection = expression.Names(in.AttributesToGet)
	}
	if err := checkSelect(in.Select, q.projection); err != nil {
		return nil, err
	}
	if q.keys, err = keysOf(in, x.key); err != nil {
		return nil, err
	}
	if len(q.keys) != 1 && len(q.keys) != 2 {
		return nil, invalid("Conditions can be of length 1 or 2 only")
	}
	return q, nil
}

// keysOf reads the key conditions in either form.
func keysOf(in *dynamodb.QueryInput, key *expression.Condition) (map[string]expression.KeyCondition, error) {
	if key != nil {
		keys, err := key.Keys()
		if err != nil {
			return nil, invalid("%s", err.Error())
		}
		return keys, nil
	}
	t, err := filterOf(in.KeyConditions, "")
	if err != nil {
		return nil, err
	}
	return keyConditionsOf(t)
}

// bound finds the rows that the key conditions name.
func (q *query) bound(s *search) error {
	rec, key := s.table.record, s.table.record.Key
	if s.index != nil {
		key = s.index.Key
	}
	if q.start != nil {
		if err := s.checkStart(q.start); err != nil {
			return err
		}
	}
	hash, ok := q.keys[key[0]]
	switch {
	case len(key) == 1 && len(q.keys) > 1:
		return invalid("Query key condition not supported")
	case !ok:
		return invalid("Query condition missed key schema element: %s", key[0])
	case len(key) == 2 && len(q.keys) > 1 && q.keys[key[1]].Op == "":
		return invalid("Query condition missed key schema element: %s", key[1])
	case hash.Op != "=":
		return invalid("Query key condition not supported")
	}
	for i, name := range key {
		for _, v := range q.keys[name].Values {
			if v.Kind != rec.kind(name) {
				return badValue("Condition parameter type does not match schema type")
			}
			if err := checkKeySize(v, i == 0); err != nil {
				return err
			}
		}
	}
	if hash.Values[0].Text == "" {
		return badValue("The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", emptyWord(hash.Values[0]), key[0])
	}
	h := value.Hash(hash.Values[0])
	prefix := value.AppendKey(append(s.prefix(), h[:]...), hash.Values[0])
	s.from, s.to = prefix, after(prefix)
	if len(key) == 2 {
		s.boundRange(prefix, q.keys[key[1]])
	}
	return q.begin(s, key)
}

// boundRange narrows the rows of a hash key by a condition on the range key.
func (s *search) boundRange(prefix []byte, c expression.KeyCondition) {
	if c.Op == "" {
		return
	}
	at := func(v *value.Value) []byte { return value.AppendKey(append([]byte(nil), prefix...), v) }
	low := at(c.Values[0])
	switch c.Op {
	case "=":
		s.from, s.to = low, after(low)
	case "<":
		s.to = low
	case "<=":
		s.to = after(low)
	case ">":
		s.from = after(low)
	case ">=":
		s.from = low
	case "between":
		s.from, s.to = low, after(at(c.Values[1]))
	case "begins_with":
		s.from = value.AppendKeyPrefix(append([]byte(nil), prefix...), c.Values[0].Text)
		s.to = after(s.from)
	}
}

// begin goes on where an earlier page ended.
func (q *query) begin(s *search, key keySchema) error {
	if q.start == nil {
		return nil
	}
	sameHash := q.start[key[0]].Equal(q.keys[key[0]].Values[0])
	if len(key) == 2 && q.keys[key[1]].Op != "" {
		c := q.keys[key[1]]
		if !expression.Compare(c.Op, q.start[key[1]], c.Values) {
			return invalid("The provided starting key does not match the range key predicate")
		}
		if !sameHash {
			return invalid("The query can return at most one row and cannot be restarted")
		}
	}
	if !sameHash {
		return invalid("The provided starting key is outside query boundaries based on provided conditions")
	}
	s.startAfter(q.start)
	return nil
}

// checkFilter refuses filters that look at the key, for which there are key
// conditions.
func (q *query) checkFilter(s *search) error {
	rec, key := s.table.record, s.table.record.Key
	if s.index != nil {
		key = s.index.Key
	}
	for _, name := range key {
		if q.filter != nil && q.filter.Heads[name] {
			return invalid("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", name)
		}
		if q.tests == nil {
			continue
		}
		for _, t := range q.tests.list {
			if t.name == name {
				return invalid("QueryFilter can only contain non-primary key attributes: Primary key attribute: %s", name)
			}
		}
	}
	if q.filter != nil {
		return rec.checkNested(q.filter.Nested)
	}
	return nil
}

func (q *query) keep(item value.Item) bool {
	if q.filter != nil {
		return q.filter.Holds(item)
	}
	return q.tests == nil || q.tests.holds(item)
}
