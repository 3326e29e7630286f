package dynamodb

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func TestDeleteItem(t *testing.T) {
	w := newWorld(t)
	w.leases()
	w.put("leases", `{"leaseKey":"k","wid":"w","lut":5}`)
	in := &dynamodb.DeleteItemInput{TableName: aws.String("leases"), Key: attrs(`{"leaseKey":"k"}`),
		ConditionExpression: aws.String("#key = :v AND attribute_exists(wid)"), ExpressionAttributeNames: map[string]string{"#key": "lut"},
		ExpressionAttributeValues: attrs(`{":v":6}`), ReturnValues: types.ReturnValueAllOld}
	_, err := w.room.DeleteItem(t.Context(), in)
	says(t, err, "ConditionalCheckFailedException", "The conditional request failed")
	in.ExpressionAttributeValues = attrs(`{":v":5}`)
	out, err := w.room.DeleteItem(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, `{"leaseKey":"k","lut":5,"wid":"w"}`, text(out.Attributes))
	_, err = w.room.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("leases"), Key: attrs(`{"leaseKey":"k"}`)})
	require.NoError(t, err, "one that is not there may be removed")
	_, err = w.room.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("leases"), Key: attrs(`{"leaseKey":"k"}`), ReturnValues: types.ReturnValueAllNew})
	says(t, err, "ValidationException", "ReturnValues can only be ALL_OLD or NONE")
}
