package dynamodb

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func number(text string) types.AttributeValue { return attr(json.Number(text)) }

// TestUpdateItem renews and hands over a lease the way the consumer libraries do.
func TestUpdateItem(t *testing.T) {
	w := newWorld(t)
	w.leases()
	w.put("leases", `{"leaseKey":"a","leaseOwner":"w1","leaseCounter":7,"checkpointOwner":"w0"}`)
	renew := func(owner, counter string) (*dynamodb.UpdateItemOutput, error) {
		return w.room.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: aws.String("leases"), Key: attrs(`{"leaseKey":"a"}`),
			Expected: map[string]types.ExpectedAttributeValue{
				"leaseCounter": {Value: number(counter)}, "leaseOwner": {Value: attr(owner)}},
			AttributeUpdates: map[string]types.AttributeValueUpdate{
				"leaseCounter":    {Action: types.AttributeActionAdd, Value: number("1")},
				"leaseOwner":      {Action: types.AttributeActionPut, Value: attr("w2")},
				"checkpointOwner": {Action: types.AttributeActionDelete}},
			ReturnValues: types.ReturnValueAllNew, ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
	}
	out, err := renew("w1", "7")
	require.NoError(t, err)
	require.Equal(t, `{"leaseCounter":8,"leaseKey":"a","leaseOwner":"w2"}`, text(out.Attributes))
	_, err = renew("w1", "7")
	var failed *types.ConditionalCheckFailedException
	require.ErrorAs(t, err, &failed)
	require.Equal(t, `{"leaseCounter":8,"leaseKey":"a","leaseOwner":"w2"}`, text(failed.Item), "graceful hand-off looks at it")
	require.Equal(t, []string{`{"leaseKey":"a","leaseOwner":"w2"}`}, w.all("leases", "LeaseOwnerToLeaseKeyIndex"))
}

func TestUpdateExpressions(t *testing.T) {
	for _, c := range []struct{ item, update, values, want, err string }{
		{item: `{}`, update: "SET a = :v, b = if_not_exists(b, :v)", values: `{":v":1}`, want: `{"a":1,"b":1}`},
		{item: `{"a":1.5,"b":2}`, update: "SET a = a + :v, b = :v - b", values: `{":v":3}`, want: `{"a":4.5,"b":1}`},
		{item: `{"a":1,"b":2}`, update: "SET a = b, b = a", want: `{"a":2,"b":1}`},
		{item: `{"l":[1,2,3,4]}`, update: "REMOVE l[1], l[2]", want: `{"l":[1,4]}`},
		{item: `{"l":[1]}`, update: "SET l[5] = :v, l[0] = :w", values: `{":v":9,":w":8}`, want: `{"l":[8,9]}`},
		{item: `{"l":[1]}`, update: "SET l = list_append(l, :v), m = list_append(:v, l)", values: `{":v":[2]}`, want: `{"l":[1,2],"m":[2,1]}`},
		{item: `{"m":{"x":{"y":1}}}`, update: "SET m.x.y = :v REMOVE m.z", values: `{":v":2}`, want: `{"m":{"x":{"y":2}}}`},
		{item: `{"s":{"SS":["a"]},"n":1}`, update: "ADD s :s, n :n, fresh :n", values: `{":s":{"SS":["a","b"]},":n":-2}`, want: `{"n":-1,"fresh":-2,"s":{"SS":["a","b"]}}`},
		{item: `{"s":{"SS":["a","b"]},"t":{"SS":["a"]}}`, update: "DELETE s :s, t :s", values: `{":s":{"SS":["a"]}}`, want: `{"s":{"SS":["b"]}}`},
		{item: `{}`, update: "SET m.x = :v", values: `{":v":1}`, err: "The document path provided in the update expression is invalid for update"},
		{item: `{}`, update: "SET a = b", err: "The provided expression refers to an attribute that does not exist in the item"},
		{item: `{"a":"x"}`, update: "SET a = a + :v", values: `{":v":1}`, err: "An operand in the update expression has an incorrect data type"},
		{item: `{"a":"x"}`, update: "ADD a :v", values: `{":v":1}`, err: "An operand in the update expression has an incorrect data type"},
		{update: "", err: "Invalid UpdateExpression: The expression can not be empty;"},
		{update: "SET a", err: `Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "a"`},
		{update: "SET a = :v SET b = :v", values: `{":v":1}`, err: `Invalid UpdateExpression: The "SET" section can only be used once in an update expression;`},
		{update: "SET a = :w", values: `{":v":1}`, err: "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :w"},
		{update: "SET a.b = :v, a = :v", values: `{":v":1}`, err: "Invalid UpdateExpression: Two document paths overlap with each other; " +
			"must remove or rewrite one of these paths; path one: [a, b], path two: [a]"},
		{update: "SET a.b = :v, a[1] = :v", values: `{":v":1}`, err: "Invalid UpdateExpression: Two document paths conflict with each other; " +
			"must remove or rewrite one of these paths; path one: [a, b], path two: [a, [1]]"},
		{update: "SET a = nothing(b, :v)", values: `{":v":1}`, err: "Invalid UpdateExpression: Invalid function name; function: nothing"},
		{update: "SET status = :v", values: `{":v":1}`, err: "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: status"},
		{update: "ADD a :v", values: `{":v":"x"}`, err: "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING"},
		{update: "REMOVE a", values: `{":v":1}`, err: "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}"},
		{update: "SET leaseKey = :v", values: `{":v":"b"}`, err: "One or more parameter values were invalid: Cannot update attribute leaseKey. This attribute is part of the key"},
		{update: "SET leaseOwner = :v", values: `{":v":1}`, err: "One or more parameter values were invalid: " +
			"Type mismatch for Index Key leaseOwner Expected: S Actual: N IndexName: LeaseOwnerToLeaseKeyIndex"},
		{update: "SET leaseOwner.x = :v", values: `{":v":1}`, err: "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: leaseOwner"},
	} {
		t.Run(c.update, func(t *testing.T) {
			w := newWorld(t)
			w.leases()
			if c.item != "" {
				_, err := w.room.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("leases"),
					Item: with(attrs(c.item), "leaseKey", attr("a"))})
				require.NoError(t, err)
			}
			in := &dynamodb.UpdateItemInput{TableName: aws.String("leases"), Key: attrs(`{"leaseKey":"a"}`), UpdateExpression: &c.update}
			if c.values != "" {
				in.ExpressionAttributeValues = attrs(c.values)
			}
			_, err := w.room.UpdateItem(t.Context(), in)
			if c.err != "" {
				says(t, err, "ValidationException", c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, text(with(attrs(c.want), "leaseKey", attr("a"))), w.get("leases", `{"leaseKey":"a"}`))
		})
	}
}

func with(item map[string]types.AttributeValue, name string, v types.AttributeValue) map[string]types.AttributeValue {
	item[name] = v
	return item
}

func TestUpdateReturnValues(t *testing.T) {
	for r, want := range map[types.ReturnValue]string{
		types.ReturnValueAllOld:     `{"a":1,"leaseKey":"k","m":{"x":1,"y":2}}`,
		types.ReturnValueAllNew:     `{"a":2,"leaseKey":"k","m":{"x":3,"y":2}}`,
		types.ReturnValueUpdatedOld: `{"a":1,"m":{"x":1}}`,
		types.ReturnValueUpdatedNew: `{"a":2,"m":{"x":3}}`,
		types.ReturnValueNone:       "-",
	} {
		w := newWorld(t)
		w.leases()
		w.put("leases", `{"leaseKey":"k","a":1,"m":{"x":1,"y":2}}`)
		out, err := w.room.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: aws.String("leases"), Key: attrs(`{"leaseKey":"k"}`),
			UpdateExpression: aws.String("SET a = :a, m.x = :x"), ExpressionAttributeValues: attrs(`{":a":2,":x":3}`), ReturnValues: r})
		require.NoError(t, err)
		require.Equal(t, want, text(out.Attributes), r)
	}
}

// TestConcurrentUpdates counts from many goroutines; each increment is there once.
func TestConcurrentUpdates(t *testing.T) {
	w := newWorld(t)
	w.leases()
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for range 50 {
				_, err := w.room.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: aws.String("leases"), Key: attrs(`{"leaseKey":"k"}`),
					UpdateExpression: aws.String("ADD n :one SET leaseOwner = :w"), ExpressionAttributeValues: attrs(fmt.Sprintf(`{":one":1,":w":"w%d"}`, worker))})
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	require.Contains(t, w.get("leases", `{"leaseKey":"k"}`), `"n":400`)
	require.Len(t, w.all("leases", "LeaseOwnerToLeaseKeyIndex"), 1, "the index has one row for it")
	require.Equal(t, 1, w.rows(prefixIndex))
}

func TestConditions(t *testing.T) {
	const item = `{"leaseKey":"k","s":"abc","n":5,"l":["x",1],"t":{"SS":["x","y"]},"m":{"in":1},"z":null}`
	for condition, want := range map[string]bool{
		"s = :abc AND n > :four":                                   true,
		"s = :abc AND (n > :five OR n = :four)":                    false,
		"NOT n = :four":                                            true,
		"n BETWEEN :four AND :five":                                true,
		"n IN (:four, :five)":                                      true,
		"s IN (:four)":                                             false,
		"begins_with(s, :a) AND contains(s, :b)":                   true,
		"contains(t, :x) AND contains(l, :x)":                      true,
		"size(s) = size(t) OR size(s) > size(l)":                   true,
		"attribute_type(n, :N) AND attribute_type(z, :NULL)":       true,
		"attribute_exists(m.#in) AND attribute_not_exists(m.#out)": true,
		"l[1] < :four AND l[0] <> :four":                           true,
		"gone = :abc":                                              false,
		"gone <> :abc":                                             true,
		"gone < :four":                                             false,
		"s < :four":                                                false,
		"(n) >= :five":                                             true,
	} {
		w := newWorld(t)
		w.leases()
		w.put("leases", item)
		in := &dynamodb.DeleteItemInput{TableName: aws.String("leases"), Key: attrs(`{"leaseKey":"k"}`), ConditionExpression: &condition}
		values := attrs(`{":abc":"abc",":four":4,":five":5,":a":"a",":b":"b",":x":"x",":N":"N",":NULL":"NULL"}`)
		for name, v := range values {
			if containsWord(condition, name) {
				in.ExpressionAttributeValues = with(orEmpty(in.ExpressionAttributeValues), name, v)
			}
		}
		for name, attribute := range map[string]string{"#in": "in", "#out": "out"} {
			if containsWord(condition, name) {
				if in.ExpressionAttributeNames == nil {
					in.ExpressionAttributeNames = map[string]string{}
				}
				in.ExpressionAttributeNames[name] = attribute
			}
		}
		_, err := w.room.DeleteItem(t.Context(), in)
		if want {
			require.NoError(t, err, condition)
		} else {
			says(t, err, "ConditionalCheckFailedException", "The conditional request failed")
		}
	}
}

func TestConditionRefusals(t *testing.T) {
	for condition, message := range map[string]string{
		"":                        "The expression can not be empty;",
		"a = ":                    `Syntax error; token: "<EOF>", near: "="`,
		"a":                       `Syntax error; token: "<EOF>", near: "a"`,
		"a = :v extra":            `Syntax error; token: "extra", near: ":v extra"`,
		"a ! :v":                  `Syntax error; token: "!", near: "a ! :v"`,
		"((a = :v))":              "The expression has redundant parentheses;",
		"nothing(a)":              "Invalid function name; function: nothing",
		"size(a)":                 "The function is not allowed to be used this way in an expression; function: size",
		"begins_with(a, :v) = :v": "The function is not allowed to be used this way in an expression; function: begins_with",
		"begins_with(a)":          "Incorrect number of operands for operator or function; operator or function: begins_with, number of operands: 1",
		"begins_with(a, :n)":      "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
		"attribute_exists(:v)":    "Operator or function requires a document path; operator or function: attribute_exists",
		"attribute_type(a, :v)":   "Invalid attribute type name found; type: v, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
		"a = a":                   "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a]",
		"#x = :v":                 "An expression attribute name used in the document path is not defined; attribute name: #x",
		"a BETWEEN :n AND :v":     "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:v}",
		"name = :v":               "Attribute name is a reserved keyword; reserved keyword: name",
	} {
		w := newWorld(t)
		w.leases()
		in := &dynamodb.DeleteItemInput{TableName: aws.String("leases"), Key: attrs(`{"leaseKey":"k"}`), ConditionExpression: &condition,
			ExpressionAttributeValues: attrs(`{":v":"v",":n":1}`)}
		_, err := w.room.DeleteItem(t.Context(), in)
		says(t, err, "ValidationException", "Invalid ConditionExpression: "+message)
	}
}

func containsWord(s, word string) bool {
	for i := 0; i+len(word) <= len(s); i++ {
		if s[i:i+len(word)] == word && (i+len(word) == len(s) || !isWord(s[i+len(word)])) {
			return true
		}
	}
	return false
}

func isWord(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

func orEmpty(m map[string]types.AttributeValue) map[string]types.AttributeValue {
	if m == nil {
		return map[string]types.AttributeValue{}
	}
	return m
}
