package dynamodb

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func TestPutItem(t *testing.T) {
	w := newWorld(t)
	w.leases()
	put := func(item string, change func(*dynamodb.PutItemInput)) (*dynamodb.PutItemOutput, error) {
		in := &dynamodb.PutItemInput{TableName: aws.String("leases"), Item: attrs(item)}
		change(in)
		return w.room.PutItem(t.Context(), in)
	}
	absent := func(in *dynamodb.PutItemInput) {
		in.Expected = map[string]types.ExpectedAttributeValue{"leaseKey": {Exists: aws.Bool(false)}}
	}
	_, err := put(`{"leaseKey":"a","leaseCounter":1}`, absent)
	require.NoError(t, err)
	_, err = put(`{"leaseKey":"a","leaseCounter":2}`, absent)
	says(t, err, "ConditionalCheckFailedException", "The conditional request failed")
	var failed *types.ConditionalCheckFailedException
	require.ErrorAs(t, err, &failed)
	require.Nil(t, failed.Item)

	_, err = put(`{"leaseKey":"a"}`, func(in *dynamodb.PutItemInput) {
		in.ConditionExpression = aws.String("attribute_not_exists(#k)")
		in.ExpressionAttributeNames = map[string]string{"#k": "leaseKey"}
		in.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	})
	require.ErrorAs(t, err, &failed)
	require.Equal(t, `{"leaseCounter":1,"leaseKey":"a"}`, text(failed.Item))

	out, err := put(`{"leaseKey":"a","x":1}`, func(in *dynamodb.PutItemInput) {
		in.ReturnValues, in.ReturnConsumedCapacity = types.ReturnValueAllOld, types.ReturnConsumedCapacityTotal
	})
	require.NoError(t, err)
	require.Equal(t, `{"leaseCounter":1,"leaseKey":"a"}`, text(out.Attributes))
	require.InDelta(t, 1, *out.ConsumedCapacity.CapacityUnits, 0)
	require.Equal(t, `{"leaseKey":"a","x":1}`, w.get("leases", `{"leaseKey":"a"}`), "the whole item was replaced")
}

func TestPutItemRefusals(t *testing.T) {
	w := newWorld(t)
	w.leases()
	const bad = "One or more parameter values were invalid: "
	for _, c := range []struct{ item, message string }{
		{`{"x":"y"}`, bad + "Missing the key leaseKey in the item"},
		{`{"leaseKey":5}`, bad + "Type mismatch for key leaseKey expected: S actual: N"},
		{`{"leaseKey":""}`, "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: leaseKey"},
		{`{"leaseKey":"` + strings.Repeat("k", 2049) + `"}`, bad + "Size of hashkey has exceeded the maximum size limit of2048 bytes"},
		{`{"leaseKey":"a","leaseOwner":1}`, bad + "Type mismatch for Index Key leaseOwner Expected: S Actual: N IndexName: LeaseOwnerToLeaseKeyIndex"},
		{`{"leaseKey":"a","x":"` + strings.Repeat("k", 400<<10) + `"}`, "Item size has exceeded the maximum allowed size"},
		{`{"leaseKey":"a","x":{"SS":[]}}`, bad + "An string set  may not be empty"},
		{`{"leaseKey":"a","x":{"SS":["b","b"]}}`, bad + "Input collection [b, b] contains duplicates."},
		{`{"leaseKey":"a","x":{"NS":["1","1.0"]}}`, "Input collection contains duplicates"},
		{`{"leaseKey":"a","x":1e126}`, "Number overflow. Attempting to store a number with magnitude larger than supported range"},
		{`{"leaseKey":"a","x":1e-131}`, "Number underflow. Attempting to store a number with magnitude smaller than supported range"},
		{`{"leaseKey":"a","x":123456789012345678901234567890123456789}`, "Attempting to store more than 38 significant digits in a Number"},
	} {
		_, err := w.room.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("leases"), Item: attrs(c.item)})
		says(t, err, "ValidationException", c.message)
	}
	_, err := w.room.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("leases"),
		Item: map[string]types.AttributeValue{"leaseKey": &types.UnknownUnionMember{}}})
	says(t, err, "ValidationException", "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	_, err = w.room.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("leases"),
		Item: map[string]types.AttributeValue{"leaseKey": &types.UnknownUnionMember{Tag: "several"}}})
	says(t, err, "ValidationException", "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	_, err = w.room.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("other"), Item: attrs(`{"a":"b"}`)})
	says(t, err, "ResourceNotFoundException", "Requested resource not found")
}

// TestExpectedRefusals holds the texts of the conditions from before expressions.
func TestExpectedRefusals(t *testing.T) {
	w := newWorld(t)
	w.leases()
	const bad = "One or more parameter values were invalid: "
	v := &types.AttributeValueMemberS{Value: "v"}
	for message, e := range map[string]types.ExpectedAttributeValue{
		bad + "Value must be provided when Exists is null for Attribute: x":                                {},
		bad + "Value must be provided when Exists is true for Attribute: x":                                {Exists: aws.Bool(true)},
		bad + "Value cannot be used when Exists is false for Attribute: x":                                 {Exists: aws.Bool(false), Value: v},
		bad + "Exists and ComparisonOperator cannot be used together for Attribute: x":                     {Exists: aws.Bool(true), ComparisonOperator: "EQ", Value: v},
		bad + "Value and AttributeValueList cannot be used together for Attribute: x":                      {Value: v, AttributeValueList: []types.AttributeValue{v}},
		bad + "AttributeValueList can only be used with a ComparisonOperator for Attribute: x":             {AttributeValueList: []types.AttributeValue{v}},
		bad + "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: x":      {ComparisonOperator: "EQ"},
		bad + "Invalid number of argument(s) for the BETWEEN ComparisonOperator":                           {ComparisonOperator: "BETWEEN", Value: v},
		bad + "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type":                      {ComparisonOperator: "BEGINS_WITH", Value: attr(json.Number("1"))},
		bad + "AttributeValues inside AttributeValueList must be of same type":                             {ComparisonOperator: "IN", AttributeValueList: []types.AttributeValue{v, attr(json.Number("1"))}},
		"The BETWEEN condition was provided a range where the lower bound is greater than the upper bound": {ComparisonOperator: "BETWEEN", AttributeValueList: []types.AttributeValue{v, &types.AttributeValueMemberS{Value: "a"}}},
	} {
		_, err := w.room.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("leases"), Item: attrs(`{"leaseKey":"a"}`),
			Expected: map[string]types.ExpectedAttributeValue{"x": e}})
		says(t, err, "ValidationException", message)
	}
}
