package dynamodb

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func (w *world) scan(in dynamodb.ScanInput) (found []string, pages int) {
	w.t.Helper()
	in.TableName = aws.String("leases")
	for {
		out, err := w.room.Scan(w.t.Context(), &in)
		require.NoError(w.t, err)
		pages++
		for _, item := range out.Items {
			found = append(found, plain(item["leaseKey"]).(string))
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			slices.Sort(found)
			return found, pages
		}
	}
}

func TestScan(t *testing.T) {
	w := newWorld(t)
	w.leases()
	out, err := w.room.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("leases")})
	require.NoError(t, err)
	require.NotNil(t, out.Items, "version 1 of the consumer library falls over without it")
	var want []string
	for i := range 200 {
		key := fmt.Sprintf("shardId-%012d", i)
		want = append(want, key)
		w.put("leases", fmt.Sprintf(`{"leaseKey":%q,"entityType":%q,"streamName":"s%d"}`, key, []string{"LEASE", "LEADER"}[i/100], i%2))
	}
	found, pages := w.scan(dynamodb.ScanInput{})
	require.Equal(t, want, found)
	require.Equal(t, 1, pages)
	found, pages = w.scan(dynamodb.ScanInput{Limit: aws.Int32(30), ConsistentRead: aws.Bool(true)})
	require.Equal(t, want, found)
	require.Equal(t, 7, pages)

	for _, segments := range []int32{1, 3, 16, 100_000} {
		var all []string
		step := max(segments/16, 1)
		for n := int32(0); n < segments; n += step {
			if segments > 16 {
				continue // too many; the ends are looked at below
			}
			found, _ := w.scan(dynamodb.ScanInput{Segment: aws.Int32(n), TotalSegments: aws.Int32(segments), Limit: aws.Int32(7)})
			all = append(all, found...)
		}
		if segments <= 16 {
			slices.Sort(all)
			require.Equal(t, want, all, "each once, in %d segments", segments)
		}
	}
	_, _ = w.scan(dynamodb.ScanInput{Segment: aws.Int32(999_999), TotalSegments: aws.Int32(1_000_000)})

	found, _ = w.scan(dynamodb.ScanInput{FilterExpression: aws.String("streamName = :s"), ExpressionAttributeValues: attrs(`{":s":"s1"}`), Limit: aws.Int32(50)})
	require.Len(t, found, 100)
	found, _ = w.scan(dynamodb.ScanInput{ScanFilter: map[string]types.Condition{
		"entityType": {ComparisonOperator: "EQ", AttributeValueList: []types.AttributeValue{attr("LEADER")}},
		"streamName": {ComparisonOperator: "NE", AttributeValueList: []types.AttributeValue{attr("s1")}}}})
	require.Len(t, found, 50)
	out, err = w.room.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("leases"), Limit: aws.Int32(1),
		ProjectionExpression: aws.String("entityType"), ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal})
	require.NoError(t, err)
	require.Len(t, out.Items[0], 1)
	require.InDelta(t, 0.5, *out.ConsumedCapacity.CapacityUnits, 0)
}

// TestScanPages cuts pages at 1 MB before the filter.
func TestScanPages(t *testing.T) {
	w := newWorld(t)
	w.leases()
	for i := range 12 {
		w.put("leases", fmt.Sprintf(`{"leaseKey":"k%02d","x":%q}`, i, strings.Repeat("x", 300<<10)))
	}
	found, pages := w.scan(dynamodb.ScanInput{})
	require.Len(t, found, 12)
	require.Equal(t, 4, pages)
}

func TestScanRefusals(t *testing.T) {
	w := newWorld(t)
	w.leases()
	for message, in := range map[string]dynamodb.ScanInput{
		"The TotalSegments parameter is required but was not present in the request when Segment parameter is present": {Segment: aws.Int32(1)},
		"The Segment parameter is required but was not present in the request when parameter TotalSegments is present": {TotalSegments: aws.Int32(1)},
		"The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 2 is not less than TotalSegments: 2": {
			Segment: aws.Int32(2), TotalSegments: aws.Int32(2)},
		"The provided starting key is invalid: The provided key element does not match the schema": {ExclusiveStartKey: attrs(`{"other":"x"}`)},
		"One or more parameter values were invalid: Duplicate value in attribute name: a":          {AttributesToGet: []string{"a", "a"}},
		"Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]": {
			ProjectionExpression: aws.String("a, a.b")},
		"Invalid FilterExpression: The expression can not be empty;":                                       {FilterExpression: aws.String("")},
		"ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null": {ExpressionAttributeValues: attrs(`{":a":1}`)},
	} {
		in.TableName = aws.String("leases")
		_, err := w.room.Scan(t.Context(), &in)
		says(t, err, "ValidationException", message)
	}
}
