package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestDeleteTable(t *testing.T) {
	w := newWorld(t)
	w.open(Quotas{Tables: 2})
	w.database("lake")
	w.table("t", "year:int")
	w.table("tt", "year:int")
	w.partition("t", "2026")
	w.partition("tt", "2026")
	w.update("new")
	_, err := w.room.DeleteTable(t.Context(), &api.DeleteTableInput{DatabaseName: aws.String("LAKE"), Name: aws.String("T")})
	require.NoError(t, err)
	require.Equal(t, []int{1, 0, 1, 1}, []int{w.rows(prefixTable), w.rows(prefixVersion), w.rows(prefixPartition), w.rows(prefixCounts)})
	_, err = w.room.DeleteTable(t.Context(), &api.DeleteTableInput{DatabaseName: aws.String("lake"), Name: aws.String("T")})
	says(t, err, "EntityNotFoundException", "Table t not found.")
	_, err = w.room.DeleteTable(t.Context(), &api.DeleteTableInput{DatabaseName: aws.String("none"), Name: aws.String("t")})
	says(t, err, "EntityNotFoundException", "Database none not found.")
	w.table("t", "year:int")
	require.Empty(t, w.partitions(), "a new table has nothing of the old one")
}
