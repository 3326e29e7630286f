package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestDeleteDatabase(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.database("lakes")
	w.table("t", "year:int")
	w.partition("t", "2026")
	w.update("new")
	_, err := w.room.DeleteDatabase(t.Context(), &api.DeleteDatabaseInput{Name: aws.String("LAKE")})
	require.NoError(t, err)
	for _, prefix := range []byte{prefixContents, prefixTable, prefixCounts, prefixVersion, prefixPartition} {
		require.Zero(t, w.rows(prefix), "%c", prefix)
	}
	require.Equal(t, 1, w.rows(prefixDatabase))
	_, err = w.room.DeleteDatabase(t.Context(), &api.DeleteDatabaseInput{Name: aws.String("lake")})
	says(t, err, "EntityNotFoundException", "Database lake not found.")
	w.database("lake")
	_, err = w.room.GetTable(t.Context(), &api.GetTableInput{DatabaseName: aws.String("lake"), Name: aws.String("t")})
	says(t, err, "EntityNotFoundException", "Entity Not Found")
}
