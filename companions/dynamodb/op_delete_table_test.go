package dynamodb

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func TestDeleteTable(t *testing.T) {
	w := newWorld(t)
	w.open(time.Second)
	w.table("one", "a")
	w.clock.Step(time.Second)
	w.put("one", `{"a":"x"}`)
	_, err := w.room.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{TableName: aws.String("one"), DeletionProtectionEnabled: aws.Bool(true)})
	require.NoError(t, err)
	_, err = w.room.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("one")})
	says(t, err, "ValidationException", "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first. Table: one")
	_, err = w.room.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{TableName: aws.String("one"), DeletionProtectionEnabled: aws.Bool(false)})
	require.NoError(t, err)
	out, err := w.room.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("one")})
	require.NoError(t, err)
	require.Equal(t, types.TableStatusDeleting, out.TableDescription.TableStatus)
	require.Zero(t, w.rows(prefixItem))
	d, err := w.room.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("one")})
	require.NoError(t, err)
	require.Equal(t, types.TableStatusDeleting, d.Table.TableStatus)
	w.clock.Step(time.Second)
	_, err = w.room.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("one")})
	says(t, err, "ResourceNotFoundException", "Requested resource not found: Table: one not found")
	_, err = w.room.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("one")})
	says(t, err, "ResourceNotFoundException", "Requested resource not found: Table: one not found")
	w.table("one", "a")
}
