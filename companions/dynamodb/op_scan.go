package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/companions/dynamodb/expression"
	"sluice/companions/dynamodb/value"
)

// Scan reads all items of a table or of one of its indexes, whole or a segment
// of it at a time.
//
// State: real
// Notes: filters in both forms, pages, segments, indexes; items come in the order of a hash
// Test: TestScan
func (r *Tables) Scan(ctx context.Context, in *dynamodb.ScanInput, _ ...opt) (*dynamodb.ScanOutput, error) {
	q, err := readScan(in)
	if err != nil {
		return nil, err
	}
	t, done, err := r.use(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	defer done()
	s := &search{table: t, projection: q.projection, limit: int(aws.ToInt32(in.Limit)), keep: q.keep}
	if err := s.choose(in.IndexName, in.Select, in.ConsistentRead); err != nil {
		return nil, err
	}
	if q.filter != nil {
		if err := t.record.checkNested(q.filter.Nested); err != nil {
			return nil, err
		}
	}
	s.from, s.to = s.prefix(), after(s.prefix())
	if in.TotalSegments != nil {
		s.segment(int64(*in.Segment), int64(*in.TotalSegments))
	}
	if q.start != nil {
		if err := q.resume(s, in); err != nil {
			return nil, err
		}
	}
	p, err := r.search(ctx, s)
	if err != nil {
		return nil, err
	}
	return &dynamodb.ScanOutput{
		Items: p.items, Count: int32(p.count), ScannedCount: int32(p.scanned), LastEvaluatedKey: shapeOf(p.last),
		ConsumedCapacity: t.consumed(in.ReturnConsumedCapacity, readUnits(p.size, in.ConsistentRead), s.index),
	}, nil
}

func readScan(in *dynamodb.ScanInput) (*query, error) {
	p := parameters{names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
		expressions: []parameter{{"ProjectionExpression", in.ProjectionExpression}, {"FilterExpression", in.FilterExpression}},
		others: present(older{"AttributesToGet", in.AttributesToGet != nil}, older{"ScanFilter", in.ScanFilter != nil},
			older{"ConditionalOperator", in.ConditionalOperator != ""})}
	if err := p.check(); err != nil {
		return nil, err
	}
	q := &query{}
	if err := checkTwice(in.AttributesToGet); err != nil {
		return nil, err
	}
	var err error
	if q.tests, err = filterOf(in.ScanFilter, in.ConditionalOperator); err != nil {
		return nil, err
	}
	if q.start, err = startOf(in.ExclusiveStartKey); err != nil {
		return nil, err
	}
	if err := checkSegments(in); err != nil {
		return nil, err
	}
	x, err := p.parse()
	if err != nil {
		return nil, err
	}
	q.filter, q.projection = x.filter, x.projection
	if q.projection == nil {
		q.projection = expression.Names(in.AttributesToGet)
	}
	return q, checkSelect(in.Select, q.projection)
}

// startOf reads an ExclusiveStartKey.
func startOf(in map[string]types.AttributeValue) (value.Item, error) {
	if in == nil {
		return nil, nil
	}
	key, err := itemOf(in)
	if err != nil {
		return nil, invalid("The provided starting key is invalid: %s", messageOf(err))
	}
	return key, nil
}

func checkSegments(in *dynamodb.ScanInput) error {
	switch {
	case in.Segment != nil && in.TotalSegments == nil:
		return invalid("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case in.Segment == nil && in.TotalSegments != nil:
		return invalid("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case in.Segment != nil && *in.Segment >= *in.TotalSegments:
		return invalid("The Segment parameter is zero-based and must be less than parameter TotalSegments: "+
			"Segment: %d is not less than TotalSegments: %d", *in.Segment, *in.TotalSegments)
	}
	return nil
}

// segment narrows a scan to a part of the hashes.
func (s *search) segment(n, of int64) {
	const hashes = 1 << (8 * value.HashSize)
	at := func(n int64) []byte {
		h := (hashes*n + of - 1) / of
		if h >= hashes {
			return after(s.prefix())
		}
		return append(s.prefix(), byte(h>>16), byte(h>>8), byte(h))
	}
	s.from, s.to = at(n), at(n+1)
}

// resume goes on where an earlier page ended.
func (q *query) resume(s *search, in *dynamodb.ScanInput) error {
	if err := s.checkStart(q.start); err != nil {
		return err
	}
	row := string(s.row(q.start))
	if row < string(s.from) || s.to != nil && row >= string(s.to) {
		return invalid("The provided starting key is invalid: Invalid ExclusiveStartKey. "+
			"Please use ExclusiveStartKey with correct Segment. TotalSegments: %d Segment: %d", aws.ToInt32(in.TotalSegments), aws.ToInt32(in.Segment))
	}
	s.startAfter(q.start)
	return nil
}
