package dynamodb

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func TestBatchGetItem(t *testing.T) {
	w := newWorld(t)
	w.leases()
	var all []map[string]types.AttributeValue
	for i := range 60 {
		w.put("leases", fmt.Sprintf(`{"leaseKey":"k%02d","x":%q}`, i, strings.Repeat("x", 300<<10)))
		all = append(all, attrs(fmt.Sprintf(`{"leaseKey":"k%02d"}`, i)))
	}
	asked := map[string]types.KeysAndAttributes{"leases": {Keys: all}}
	found := 0
	for rounds := 0; len(asked) > 0; rounds++ {
		require.Less(t, rounds, 5)
		out, err := w.room.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{RequestItems: asked})
		require.NoError(t, err)
		found += len(out.Responses["leases"])
		asked = out.UnprocessedKeys
		if rounds == 0 {
			require.Len(t, asked["leases"].Keys, 60-54, "16 MB at once")
		}
	}
	require.Equal(t, 60, found)
	out, err := w.room.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
		"leases": {Keys: []map[string]types.AttributeValue{attrs(`{"leaseKey":"k01"}`), attrs(`{"leaseKey":"gone"}`)}, ProjectionExpression: aws.String("leaseKey")}}})
	require.NoError(t, err)
	require.Equal(t, []map[string]types.AttributeValue{attrs(`{"leaseKey":"k01"}`)}, out.Responses["leases"])
	_, err = w.room.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"leases": {Keys: append(all[:1], all[0])}}})
	says(t, err, "ValidationException", "Provided list of item keys contains duplicates")
}
