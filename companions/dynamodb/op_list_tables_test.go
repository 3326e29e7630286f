package dynamodb

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/require"
)

func TestListTables(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.table(fmt.Sprint("table-", i), "a")
	}
	out, err := w.room.ListTables(t.Context(), &dynamodb.ListTablesInput{Limit: aws.Int32(3)})
	require.NoError(t, err)
	require.Equal(t, []string{"table-0", "table-1", "table-2"}, out.TableNames)
	out, err = w.room.ListTables(t.Context(), &dynamodb.ListTablesInput{Limit: aws.Int32(3), ExclusiveStartTableName: out.LastEvaluatedTableName})
	require.NoError(t, err)
	require.Equal(t, []string{"table-3", "table-4"}, out.TableNames)
	require.Nil(t, out.LastEvaluatedTableName)
}
