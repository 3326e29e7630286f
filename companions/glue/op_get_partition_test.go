package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestGetPartition(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t", "year:int")
	in := &api.PartitionInput{Values: []string{"2026"}, LastAccessTime: &start, LastAnalyzedTime: &start, Parameters: map[string]string{"a": "b"},
		StorageDescriptor: &api.StorageDescriptor{Columns: columns("n:int"), Location: aws.String("s3://b/2026/")}}
	_, err := w.room.CreatePartition(t.Context(), &api.CreatePartitionInput{DatabaseName: aws.String("lake"), TableName: aws.String("t"), PartitionInput: in})
	require.NoError(t, err)
	get := func(values ...string) (*api.GetPartitionOutput, error) {
		return w.room.GetPartition(t.Context(), &api.GetPartitionInput{DatabaseName: aws.String("LAKE"), TableName: aws.String("T"), PartitionValues: values})
	}
	out, err := get("2026")
	require.NoError(t, err)
	require.Equal(t, &api.Partition{Values: []string{"2026"}, DatabaseName: aws.String("lake"), TableName: aws.String("t"), CatalogId: aws.String("000000000000"),
		CreationTime: &start, LastAccessTime: &start, LastAnalyzedTime: &start, Parameters: in.Parameters, StorageDescriptor: in.StorageDescriptor}, out.Partition)
	_, err = get("02026")
	says(t, err, "EntityNotFoundException", "Cannot find partition.")
	_, err = get()
	says(t, err, "InvalidInputException", "The number of partition keys do not match the number of partition values")
}
