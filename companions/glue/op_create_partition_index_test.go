package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestCreatePartitionIndex(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t", "year:int", "region:string")
	create := func(name string, keys ...string) error {
		_, err := w.room.CreatePartitionIndex(t.Context(), &api.CreatePartitionIndexInput{DatabaseName: aws.String("lake"), TableName: aws.String("t"),
			PartitionIndex: &api.PartitionIndex{IndexName: &name, Keys: keys}})
		return err
	}
	require.NoError(t, create("One", "year"))
	says(t, create("ONE", "region"), "AlreadyExistsException", "Index already exists.")
	says(t, create("two", "n"), "InvalidInputException", "n is not a partition key.")
	require.NoError(t, create("two", "region"))
	require.NoError(t, create("three", "region", "year"))
	says(t, create("four", "region"), "ResourceNumberLimitExceededException", "Number of PARTITION_INDEX resources exceeds the account limit 3")
	require.Len(t, w.indexes(), 3)
	require.Equal(t, []string{"0"}, w.versions())
}
