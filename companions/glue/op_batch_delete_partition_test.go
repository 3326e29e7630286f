package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestBatchDeletePartition(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t", "year:int")
	w.partition("t", "1")
	w.partition("t", "2")
	out, err := w.room.BatchDeletePartition(t.Context(), &api.BatchDeletePartitionInput{DatabaseName: aws.String("lake"), TableName: aws.String("t"),
		PartitionsToDelete: []api.PartitionValueList{{Values: []string{"1"}}, {Values: []string{"9"}}, {Values: []string{"1"}}}})
	require.NoError(t, err)
	failed := func(value string) api.PartitionError {
		return api.PartitionError{PartitionValues: []string{value}, ErrorDetail: &api.ErrorDetail{
			ErrorCode: aws.String("EntityNotFoundException"), ErrorMessage: aws.String("Cannot find partition.")}}
	}
	require.Equal(t, []api.PartitionError{failed("9"), failed("1")}, out.Errors)
	require.Equal(t, [][]string{{"2"}}, w.partitions())
	partitions, _ := w.counts()
	require.Equal(t, 1, partitions)
}
