package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestBatchCreatePartition(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t", "year:int")
	w.partition("t", "2025")
	list := []api.PartitionInput{{Values: []string{"2026"}}, {Values: []string{"2025"}}, {Values: []string{"2026"}}, {Values: []string{"1", "2"}}, {Values: []string{"2027"}}}
	out, err := w.room.BatchCreatePartition(t.Context(), &api.BatchCreatePartitionInput{DatabaseName: aws.String("lake"), TableName: aws.String("t"), PartitionInputList: list})
	require.NoError(t, err)
	failed := func(code, message string, values ...string) api.PartitionError {
		return api.PartitionError{PartitionValues: values, ErrorDetail: &api.ErrorDetail{ErrorCode: &code, ErrorMessage: &message}}
	}
	require.Equal(t, []api.PartitionError{
		failed("AlreadyExistsException", "Partition already exists.", "2025"),
		failed("AlreadyExistsException", "Partition already exists.", "2026"),
		failed("InvalidInputException", "The number of partition keys do not match the number of partition values", "1", "2"),
	}, out.Errors)
	require.Equal(t, [][]string{{"2025"}, {"2026"}, {"2027"}}, w.partitions())
	partitions, _ := w.counts()
	require.Equal(t, 3, partitions)
	_, err = w.room.BatchCreatePartition(t.Context(), &api.BatchCreatePartitionInput{DatabaseName: aws.String("lake"), TableName: aws.String("none"), PartitionInputList: list})
	says(t, err, "EntityNotFoundException", "Table none not found.")
}
