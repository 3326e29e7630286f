package dynamodb

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func TestTransactGetItems(t *testing.T) {
	w := newWorld(t)
	w.leases()
	w.put("leases", `{"leaseKey":"a","x":1}`)
	get := func(key string) types.TransactGetItem {
		return types.TransactGetItem{Get: &types.Get{TableName: aws.String("leases"), Key: attrs(key), ProjectionExpression: aws.String("x")}}
	}
	out, err := w.room.TransactGetItems(t.Context(), &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{get(`{"leaseKey":"b"}`), get(`{"leaseKey":"a"}`)}})
	require.NoError(t, err)
	require.Equal(t, "-", text(out.Responses[0].Item))
	require.Equal(t, `{"x":1}`, text(out.Responses[1].Item))
}
