package dynamodb

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/require"
)

func TestGetItem(t *testing.T) {
	w := newWorld(t)
	w.events()
	w.put("events", `{"topic":"s","nr":7,"m":{"a":[1,2,{"b":3}]},"x":1}`)
	get := func(in dynamodb.GetItemInput) string {
		in.TableName, in.Key = aws.String("events"), attrs(`{"topic":"s","nr":7.0}`)
		out, err := w.room.GetItem(t.Context(), &in)
		require.NoError(t, err)
		return text(out.Item)
	}
	require.Equal(t, `{"m":{"a":[1,2,{"b":3}]},"nr":7,"topic":"s","x":1}`, get(dynamodb.GetItemInput{}))
	require.Equal(t, `{"m":{"a":[2,{"b":3}]},"x":1}`, get(dynamodb.GetItemInput{ProjectionExpression: aws.String("m.a[2].b, x, m.a[1], gone.far")}))
	require.Equal(t, `{"x":1}`, get(dynamodb.GetItemInput{AttributesToGet: []string{"x", "y"}}))
	require.Equal(t, "-", w.get("events", `{"topic":"s","nr":8}`))
	for key, message := range map[string]string{
		`{"topic":"s"}`:              "The provided key element does not match the schema",
		`{"topic":"s","nr":"7"}`:     "The provided key element does not match the schema",
		`{"topic":"s","nr":7,"x":1}`: "The provided key element does not match the schema",
		`{"topic":"","nr":7}`:        "One or more parameter values were invalid: The AttributeValue for a key attribute cannot contain an empty string value. Key: topic",
	} {
		_, err := w.room.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("events"), Key: attrs(key)})
		says(t, err, "ValidationException", message)
	}
}
