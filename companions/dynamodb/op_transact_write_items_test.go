package dynamodb

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func TestTransactWriteItems(t *testing.T) {
	w := newWorld(t)
	w.leases()
	w.put("leases", `{"leaseKey":"Leader","ownerName":"w1"}`)
	transact := func(owner string, token *string) error {
		_, err := w.room.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{ClientRequestToken: token, TransactItems: []types.TransactWriteItem{
			{ConditionCheck: &types.ConditionCheck{TableName: aws.String("leases"), Key: attrs(`{"leaseKey":"Leader"}`), ConditionExpression: aws.String("ownerName = :o"),
				ExpressionAttributeValues: map[string]types.AttributeValue{":o": attr(owner)}, ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}},
			{Put: &types.Put{TableName: aws.String("leases"), Item: attrs(`{"leaseKey":"a"}`), ConditionExpression: aws.String("attribute_not_exists(leaseKey)")}},
			{Delete: &types.Delete{TableName: aws.String("leases"), Key: attrs(`{"leaseKey":"b"}`)}},
			{Update: &types.Update{TableName: aws.String("leases"), Key: attrs(`{"leaseKey":"c"}`), UpdateExpression: aws.String("ADD n :one"), ExpressionAttributeValues: attrs(`{":one":1}`)}},
		}})
		return err
	}
	err := transact("w2", nil)
	says(t, err, "TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, None, None, None]")
	var cancelled *types.TransactionCanceledException
	require.ErrorAs(t, err, &cancelled)
	require.Equal(t, `{"leaseKey":"Leader","ownerName":"w1"}`, text(cancelled.CancellationReasons[0].Item))
	require.Equal(t, "The conditional request failed", *cancelled.CancellationReasons[0].Message)
	require.Equal(t, "-", w.get("leases", `{"leaseKey":"a"}`), "nothing has changed")

	require.NoError(t, transact("w1", aws.String("token")))
	require.NoError(t, transact("w1", aws.String("token")), "once is enough")
	require.Equal(t, `{"leaseKey":"c","n":1}`, w.get("leases", `{"leaseKey":"c"}`))
	require.ErrorAs(t, transact("w2", aws.String("token")), new(*types.IdempotentParameterMismatchException))
	says(t, transact("w2", nil), "TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, ConditionalCheckFailed, None, None]")

	_, err = w.room.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{}}})
	says(t, err, "ValidationException", "TransactItems can only contain one of Check, Put, Update or Delete")
	put := types.TransactWriteItem{Put: &types.Put{TableName: aws.String("leases"), Item: attrs(`{"leaseKey":"a"}`)}}
	_, err = w.room.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{put, put}})
	says(t, err, "ValidationException", "Transaction request cannot include multiple operations on one item")
}
