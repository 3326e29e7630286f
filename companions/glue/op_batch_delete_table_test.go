package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestBatchDeleteTable(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("a")
	w.table("b")
	w.table("c")
	out, err := w.room.BatchDeleteTable(t.Context(), &api.BatchDeleteTableInput{DatabaseName: aws.String("lake"), TablesToDelete: []string{"A", "none", "c", "a"}})
	require.NoError(t, err)
	not := func(name string) api.TableError {
		return api.TableError{TableName: aws.String(name), ErrorDetail: &api.ErrorDetail{
			ErrorCode: aws.String("EntityNotFoundException"), ErrorMessage: aws.String("Table " + name + " not found.")}}
	}
	require.Equal(t, []api.TableError{not("none"), not("a")}, out.Errors)
	require.Equal(t, 1, w.rows(prefixTable))
	_, err = w.room.BatchDeleteTable(t.Context(), &api.BatchDeleteTableInput{DatabaseName: aws.String("none"), TablesToDelete: []string{"a"}})
	says(t, err, "EntityNotFoundException", "Database none not found.")
	w.open(Quotas{Tables: 2})
	w.table("d")
	out, err = w.room.BatchDeleteTable(t.Context(), &api.BatchDeleteTableInput{DatabaseName: aws.String("lake")})
	require.NoError(t, err)
	require.Empty(t, out.Errors)
}
