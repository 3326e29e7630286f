package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestDeletePartition(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t", "year:int")
	w.partition("t", "1")
	w.partition("t", "2")
	del := func(values ...string) error {
		_, err := w.room.DeletePartition(t.Context(), &api.DeletePartitionInput{DatabaseName: aws.String("lake"), TableName: aws.String("t"), PartitionValues: values})
		return err
	}
	require.NoError(t, del("1"))
	require.Equal(t, [][]string{{"2"}}, w.partitions())
	partitions, _ := w.counts()
	require.Equal(t, 1, partitions)
	says(t, del("1"), "EntityNotFoundException", "Cannot find partition.")
	says(t, del(), "InvalidInputException", "The number of partition keys do not match the number of partition values")
}
