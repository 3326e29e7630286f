package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestBatchUpdatePartition(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t", "year:int")
	w.partition("t", "1")
	w.partition("t", "2")
	entry := func(from, to string) api.BatchUpdatePartitionRequestEntry {
		return api.BatchUpdatePartitionRequestEntry{PartitionValueList: []string{from}, PartitionInput: &api.PartitionInput{Values: []string{to}}}
	}
	out, err := w.room.BatchUpdatePartition(t.Context(), &api.BatchUpdatePartitionInput{DatabaseName: aws.String("lake"), TableName: aws.String("t"),
		Entries: []api.BatchUpdatePartitionRequestEntry{entry("1", "3"), entry("1", "4"), entry("2", "3"), entry("3", "5"), entry("2", "1")}})
	require.NoError(t, err)
	failed := func(code, message string, values ...string) api.BatchUpdatePartitionFailureEntry {
		return api.BatchUpdatePartitionFailureEntry{PartitionValueList: values, ErrorDetail: &api.ErrorDetail{ErrorCode: &code, ErrorMessage: &message}}
	}
	require.Equal(t, []api.BatchUpdatePartitionFailureEntry{
		failed("EntityNotFoundException", "Cannot find partition.", "1"),
		failed("AlreadyExistsException", "Partition already exists.", "2"),
	}, out.Errors, "each sees what those before it have done")
	require.Equal(t, [][]string{{"1"}, {"5"}}, w.partitions())
}
