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

// ranges gives the range keys of what a query finds, page by page.
func (w *world) ranges(in *dynamodb.QueryInput, name string) string {
	w.t.Helper()
	in.TableName = aws.String("events")
	pages := []string{}
	for {
		out, err := w.room.Query(w.t.Context(), in)
		require.NoError(w.t, err)
		require.Len(w.t, out.Items, int(out.Count))
		page := []string{}
		for _, item := range out.Items {
			page = append(page, fmt.Sprint(plain(item[name])))
		}
		pages = append(pages, strings.Join(page, " "))
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return strings.Join(pages, " | ")
		}
	}
}

func (w *world) events() {
	w.table("events", "topic", "nr")
	for _, n := range []string{"-10", "-9.5", "-1", "0", "0.001", "1", "2", "10", "1e30"} {
		w.put("events", `{"topic":"s","nr":`+n+`,"even":true}`)
	}
	w.put("events", `{"topic":"t","nr":1}`)
}

func TestQuery(t *testing.T) {
	w := newWorld(t)
	w.events()
	values := attrs(`{":s":"s",":a":-1,":b":2}`)
	ask := func(condition string, change func(*dynamodb.QueryInput)) string {
		in := &dynamodb.QueryInput{KeyConditionExpression: &condition, ExpressionAttributeValues: map[string]types.AttributeValue{}}
		for name, v := range values {
			if strings.Contains(condition, name) {
				in.ExpressionAttributeValues[name] = v
			}
		}
		if change != nil {
			change(in)
		}
		return w.ranges(in, "nr")
	}
	const ones = "1" + "000000000000000000000000000000"
	require.Equal(t, "-10 -9.5 -1 0 0.001 1 2 10 "+ones, ask("topic = :s", nil))
	require.Equal(t, ones+" 10 2 1 0.001 0 -1 -9.5 -10", ask("topic = :s", func(in *dynamodb.QueryInput) { in.ScanIndexForward = aws.Bool(false) }))
	require.Equal(t, "-10 -9.5 -1 | 0 0.001 1 | 2 10 "+ones+" | ", ask("topic = :s", func(in *dynamodb.QueryInput) { in.Limit = aws.Int32(3) }))
	require.Equal(t, ones+" 10 2 1 | 0.001 0 -1 -9.5 | -10", ask("topic = :s", func(in *dynamodb.QueryInput) {
		in.Limit, in.ScanIndexForward = aws.Int32(4), aws.Bool(false)
	}))
	require.Equal(t, "-1", ask("topic = :s AND nr = :a", nil))
	require.Equal(t, "-10 -9.5", ask("topic = :s AND nr < :a", nil))
	require.Equal(t, "-10 -9.5 -1", ask("nr <= :a AND topic = :s", nil))
	require.Equal(t, "10 "+ones, ask("topic = :s AND :b < nr", nil))
	require.Equal(t, "2 10 "+ones, ask("topic = :s AND nr >= :b", nil))
	require.Equal(t, "-1 0 0.001 1 2", ask("topic = :s AND nr BETWEEN :a AND :b", nil))
	require.Equal(t, "0 0.001 1 2", ask("topic = :s AND nr BETWEEN :a AND :b", func(in *dynamodb.QueryInput) {
		in.FilterExpression, in.ExpressionAttributeValues = aws.String("elsewhere <> :a AND even = :t"), with(in.ExpressionAttributeValues, ":t", attr(true))
		in.Limit = aws.Int32(100)
		in.ExclusiveStartKey = attrs(`{"topic":"s","nr":-1}`)
	}))
	old := &dynamodb.QueryInput{KeyConditions: map[string]types.Condition{
		"topic": {ComparisonOperator: "EQ", AttributeValueList: []types.AttributeValue{attr("s")}},
		"nr":    {ComparisonOperator: "GT", AttributeValueList: []types.AttributeValue{number("1")}}},
		QueryFilter: map[string]types.Condition{"even": {ComparisonOperator: "NOT_NULL"}}}
	require.Equal(t, "2 10 "+ones, w.ranges(old, "nr"))
	out, err := w.room.Query(t.Context(), &dynamodb.QueryInput{TableName: aws.String("events"), KeyConditions: old.KeyConditions, Select: types.SelectCount})
	require.NoError(t, err)
	require.Equal(t, int32(3), out.Count)
	require.Nil(t, out.Items)
}

func TestQueryTexts(t *testing.T) {
	w := newWorld(t)
	w.table("events", "topic", "key")
	keys := []string{"a", "a\x00", "a\x00b", "ab", "ab ", "b", "\u00ff", "漢"}
	for _, k := range keys {
		_, err := w.room.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("events"), Item: map[string]types.AttributeValue{"topic": attr("s"), "key": attr(k)}})
		require.NoError(t, err)
	}
	ask := func(condition, prefix string) []string {
		out, err := w.room.Query(t.Context(), &dynamodb.QueryInput{TableName: aws.String("events"), KeyConditionExpression: &condition,
			ExpressionAttributeNames: map[string]string{"#k": "key"}, ExpressionAttributeValues: map[string]types.AttributeValue{":s": attr("s"), ":p": attr(prefix)}})
		require.NoError(t, err)
		got := []string{}
		for _, item := range out.Items {
			got = append(got, plain(item["key"]).(string))
		}
		return got
	}
	require.Equal(t, []string{"a", "a\x00", "a\x00b", "ab", "ab "}, ask("topic = :s AND begins_with(#k, :p)", "a"))
	require.Equal(t, []string{"a\x00", "a\x00b"}, ask("topic = :s AND begins_with(#k, :p)", "a\x00"))
	require.Equal(t, []string{"ab ", "b", "ÿ", "漢"}, ask("topic = :s AND #k > :p", "ab"))
	require.Equal(t, []string{"a", "a\x00", "a\x00b"}, ask("topic = :s AND #k < :p", "ab"))
	slices.Sort(keys)
	require.Equal(t, keys, ask("topic = :s AND #k >= :p", "a"))
}

// TestQueryIndex finds the leases of a worker as version 3 of the consumer library does.
func TestQueryIndex(t *testing.T) {
	w := newWorld(t)
	w.leases()
	for i := range 5 {
		w.put("leases", fmt.Sprintf(`{"leaseKey":"shard-%d","leaseOwner":"w%d","x":1}`, i, i%2))
	}
	w.put("leases", `{"leaseKey":"free"}`)
	ask := func(owner string) string {
		in := &dynamodb.QueryInput{TableName: aws.String("leases"), IndexName: aws.String("LeaseOwnerToLeaseKeyIndex"), Limit: aws.Int32(2),
			KeyConditionExpression: aws.String("leaseOwner = :o"), ExpressionAttributeValues: map[string]types.AttributeValue{":o": attr(owner)}}
		pages := dynamodb.NewQueryPaginator(w.room, in)
		got := []string{}
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			require.NoError(t, err)
			for _, item := range page.Items {
				got = append(got, text(item))
			}
		}
		return strings.Join(got, " ")
	}
	require.Equal(t, `{"leaseKey":"shard-0","leaseOwner":"w0"} {"leaseKey":"shard-2","leaseOwner":"w0"} {"leaseKey":"shard-4","leaseOwner":"w0"}`, ask("w0"))
	w.put("leases", `{"leaseKey":"shard-2","leaseOwner":"w1"}`)
	_, err := w.room.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("leases"), Key: attrs(`{"leaseKey":"shard-4"}`)})
	require.NoError(t, err)
	require.Equal(t, `{"leaseKey":"shard-0","leaseOwner":"w0"}`, ask("w0"))
	require.Empty(t, ask("nobody"))
}

func TestQueryRefusals(t *testing.T) {
	w := newWorld(t)
	w.events()
	w.leases()
	values := attrs(`{":s":"s",":n":1}`)
	for condition, message := range map[string]string{
		"nr = :n":                             "Query condition missed key schema element: topic",
		"topic > :s":                          "Query key condition not supported",
		"topic = :n":                          "One or more parameter values were invalid: Condition parameter type does not match schema type",
		"topic = :s OR nr = :n":               "Invalid operator used in KeyConditionExpression: OR",
		"topic = :s AND nr <> :n":             "Invalid operator used in KeyConditionExpression: <>",
		"topic = :s AND attribute_exists(nr)": "Invalid operator used in KeyConditionExpression: attribute_exists",
		"topic = :s AND elsewhere = :n":       "Query condition missed key schema element: nr",
		"topic = :s AND topic = :s":           "KeyConditionExpressions must only contain one condition per key",
		"topic = :s AND nr.x = :n":            "KeyConditionExpressions cannot have conditions on nested attributes",
		":s = :s":                             "Invalid condition in KeyConditionExpression: No key attribute specified",
	} {
		in := &dynamodb.QueryInput{TableName: aws.String("events"), KeyConditionExpression: &condition, ExpressionAttributeValues: map[string]types.AttributeValue{}}
		for name, v := range values {
			if strings.Contains(condition, name) {
				in.ExpressionAttributeValues[name] = v
			}
		}
		_, err := w.room.Query(t.Context(), in)
		says(t, err, "ValidationException", message)
	}
	base := dynamodb.QueryInput{TableName: aws.String("events"), KeyConditionExpression: aws.String("topic = :s"), ExpressionAttributeValues: attrs(`{":s":"s"}`)}
	for message, change := range map[string]func(in *dynamodb.QueryInput){
		"Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.": func(in *dynamodb.QueryInput) {
			in.KeyConditionExpression, in.ExpressionAttributeValues = nil, nil
		},
		"The table does not have the specified index: nothing": func(in *dynamodb.QueryInput) { in.IndexName = aws.String("nothing") },
		"Filter Expression can only contain non-primary key attributes: Primary key attribute: topic": func(in *dynamodb.QueryInput) {
			in.FilterExpression = aws.String("topic = :s")
		},
		"The provided starting key is outside query boundaries based on provided conditions": func(in *dynamodb.QueryInput) {
			in.ExclusiveStartKey = attrs(`{"topic":"t","nr":1}`)
		},
		"Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributesToGet} Expression parameters: {KeyConditionExpression}": func(in *dynamodb.QueryInput) {
			in.AttributesToGet = []string{"x"}
		},
		"ExpressionAttributeNames can only be specified when using expressions": func(in *dynamodb.QueryInput) {
			in.KeyConditionExpression, in.ExpressionAttributeValues, in.ExpressionAttributeNames = nil, nil, map[string]string{"#a": "b"}
		},
		"Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}": func(in *dynamodb.QueryInput) {
			in.ExpressionAttributeNames = map[string]string{"#a": "b"}
		},
	} {
		in := base
		change(&in)
		_, err := w.room.Query(t.Context(), &in)
		says(t, err, "ValidationException", message)
	}
	_, err := w.room.Query(t.Context(), &dynamodb.QueryInput{TableName: aws.String("leases"), IndexName: aws.String("LeaseOwnerToLeaseKeyIndex"),
		ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("leaseOwner = :s"), ExpressionAttributeValues: attrs(`{":s":"s"}`)})
	says(t, err, "ValidationException", "Consistent reads are not supported on global secondary indexes")
}
