package dynamodb

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func TestBatchWriteItem(t *testing.T) {
	w := newWorld(t)
	w.leases()
	w.events()
	puts := func(n int) []types.WriteRequest {
		var list []types.WriteRequest
		for i := range n {
			list = append(list, types.WriteRequest{PutRequest: &types.PutRequest{Item: attrs(fmt.Sprintf(`{"leaseKey":"k%d"}`, i))}})
		}
		return list
	}
	remove := types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: attrs(`{"topic":"t","nr":1}`)}}
	write := func(items map[string][]types.WriteRequest) error {
		_, err := w.room.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: items})
		return err
	}
	require.NoError(t, write(map[string][]types.WriteRequest{"leases": puts(24), "events": {remove}}))
	require.Len(t, w.all("leases", ""), 24)
	require.Len(t, w.all("events", ""), 9)
	says(t, write(map[string][]types.WriteRequest{"leases": puts(25), "events": {remove}}), "ValidationException", "Too many items requested for the BatchWriteItem call")
	says(t, write(map[string][]types.WriteRequest{"leases": append(puts(1), puts(1)...)}), "ValidationException", "Provided list of item keys contains duplicates")
	says(t, write(map[string][]types.WriteRequest{"leases": {{}}}), "ValidationException",
		"Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	says(t, write(map[string][]types.WriteRequest{"leases": {{PutRequest: &types.PutRequest{Item: attrs(`{"x":1}`)}}}}), "ValidationException",
		"The provided key element does not match the schema")
	says(t, write(map[string][]types.WriteRequest{"missing": puts(1)}), "ResourceNotFoundException", "Requested resource not found")
}
