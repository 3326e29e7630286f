package dynamodb

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func TestUpdateTable(t *testing.T) {
	w := newWorld(t)
	w.table("leases", "leaseKey")
	for i := range 3 {
		w.put("leases", fmt.Sprintf(`{"leaseKey":"k%d","leaseOwner":"w"}`, i))
	}
	w.put("leases", `{"leaseKey":"k3"}`)
	update := func(u ...types.GlobalSecondaryIndexUpdate) error {
		_, err := w.room.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{TableName: aws.String("leases"),
			AttributeDefinitions: definitions("leaseKey", "leaseOwner"), GlobalSecondaryIndexUpdates: u})
		return err
	}
	create := types.GlobalSecondaryIndexUpdate{Create: &types.CreateGlobalSecondaryIndexAction{IndexName: aws.String("owners"),
		KeySchema: keys("leaseOwner"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll}}}
	require.NoError(t, update(create))
	require.Len(t, w.all("leases", "owners"), 3, "what was there is in it")
	says(t, update(create), "ValidationException", "Attempting to create an index which already exists")
	require.NoError(t, update(types.GlobalSecondaryIndexUpdate{Delete: &types.DeleteGlobalSecondaryIndexAction{IndexName: aws.String("owners")}}))
	require.Zero(t, w.rows(prefixIndex))
	d, err := w.room.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("leases")})
	require.NoError(t, err)
	require.Len(t, d.Table.AttributeDefinitions, 1)
	says(t, update(types.GlobalSecondaryIndexUpdate{Delete: &types.DeleteGlobalSecondaryIndexAction{IndexName: aws.String("owners")}}),
		"ResourceNotFoundException", "Requested resource not found: Index: owners not found")
	says(t, update(), "ValidationException", "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "+
		"SSESpecification or ReplicaUpdates is required")
	_, err = w.room.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{TableName: aws.String("missing"), DeletionProtectionEnabled: aws.Bool(true)})
	says(t, err, "ResourceNotFoundException", "Requested resource not found: Table: missing not found")
}
