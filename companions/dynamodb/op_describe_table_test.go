package dynamodb

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func TestDescribeTable(t *testing.T) {
	w := newWorld(t)
	w.leases()
	describe := func(name string) (*types.TableDescription, error) {
		out, err := w.room.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &name})
		if err != nil {
			return nil, err
		}
		return out.Table, nil
	}
	for i := range 10 {
		w.put("leases", fmt.Sprintf(`{"leaseKey":"k%d"}`, i%5))
	}
	_, err := w.room.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("leases"), Key: attrs(`{"leaseKey":"k0"}`)})
	require.NoError(t, err)
	check := func() {
		d, err := describe("leases")
		require.NoError(t, err)
		require.Equal(t, int64(4), *d.ItemCount)
		require.Equal(t, int64(4*10), *d.TableSizeBytes)
		require.Equal(t, types.TableStatusActive, d.TableStatus)
		require.Equal(t, types.BillingModePayPerRequest, d.BillingModeSummary.BillingMode)
		require.Equal(t, types.IndexStatusActive, d.GlobalSecondaryIndexes[0].IndexStatus)
		require.Equal(t, types.ProjectionTypeKeysOnly, d.GlobalSecondaryIndexes[0].Projection.ProjectionType)
	}
	check()
	w.open(0)
	check()
	_, err = describe("arn:aws:dynamodb:us-east-1:000000000000:table/leases")
	require.NoError(t, err, "an ARN names the table too")
	_, err = describe("missing")
	says(t, err, "ResourceNotFoundException", "Requested resource not found: Table: missing not found")
}
