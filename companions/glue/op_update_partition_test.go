package glue

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestUpdatePartition(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t", "year:int")
	w.partition("t", "2025")
	w.partition("t", "2026")
	w.advance(time.Hour)
	update := func(value string, in *api.PartitionInput) error {
		_, err := w.room.UpdatePartition(t.Context(), &api.UpdatePartitionInput{DatabaseName: aws.String("lake"), TableName: aws.String("t"), PartitionValueList: []string{value}, PartitionInput: in})
		return err
	}
	require.NoError(t, update("2026", &api.PartitionInput{Parameters: map[string]string{"a": "b"}}))
	out, err := w.room.GetPartition(t.Context(), &api.GetPartitionInput{DatabaseName: aws.String("lake"), TableName: aws.String("t"), PartitionValues: []string{"2026"}})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a": "b"}, out.Partition.Parameters)
	require.Equal(t, start, *out.Partition.CreationTime)

	require.NoError(t, update("2026", &api.PartitionInput{Values: []string{"2027"}}))
	require.Equal(t, [][]string{{"2025"}, {"2027"}}, w.partitions())
	says(t, update("2026", &api.PartitionInput{}), "EntityNotFoundException", "Cannot find partition.")
	says(t, update("2025", &api.PartitionInput{Values: []string{"2027"}}), "AlreadyExistsException", "Partition already exists.")
	says(t, update("2025", &api.PartitionInput{Values: []string{"1", "2"}}), "InvalidInputException", "The number of partition keys do not match the number of partition values")
	partitions, _ := w.counts()
	require.Equal(t, 2, partitions)
}
