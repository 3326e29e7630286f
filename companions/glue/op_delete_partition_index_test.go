package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestDeletePartitionIndex(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t", "year:int")
	_, err := w.room.CreatePartitionIndex(t.Context(), &api.CreatePartitionIndexInput{DatabaseName: aws.String("lake"), TableName: aws.String("t"),
		PartitionIndex: &api.PartitionIndex{IndexName: aws.String("one"), Keys: []string{"year"}}})
	require.NoError(t, err)
	del := func() error {
		_, err := w.room.DeletePartitionIndex(t.Context(), &api.DeletePartitionIndexInput{DatabaseName: aws.String("lake"), TableName: aws.String("t"), IndexName: aws.String("ONE")})
		return err
	}
	require.NoError(t, del())
	require.Empty(t, w.indexes())
	says(t, del(), "EntityNotFoundException", "Index not found.")
}
