package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestCreatePartition(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t", "year:int", "region:string")
	w.table("flat")
	w.partition("t", "2026", "eu")
	w.partition("T", "2026", "")
	w.partition("t", "2026", "a\x00b")
	w.partition("t", "2026", "a")
	require.Equal(t, [][]string{{"2026", ""}, {"2026", "a"}, {"2026", "a\x00b"}, {"2026", "eu"}}, w.partitions(), "values sort one by one")
	create := func(table string, in *api.PartitionInput) error {
		_, err := w.room.CreatePartition(t.Context(), &api.CreatePartitionInput{DatabaseName: aws.String("lake"), TableName: &table, PartitionInput: in})
		return err
	}
	const count = "The number of partition keys do not match the number of partition values"
	says(t, create("t", &api.PartitionInput{Values: []string{"2026", "eu"}}), "AlreadyExistsException", "Partition already exists.")
	says(t, create("t", &api.PartitionInput{Values: []string{"2026"}}), "InvalidInputException", count)
	says(t, create("t", &api.PartitionInput{Values: []string{"2026", "eu", "x"}}), "InvalidInputException", count)
	says(t, create("t", &api.PartitionInput{}), "InvalidInputException", count)
	says(t, create("flat", &api.PartitionInput{}), "InvalidInputException", count)
	says(t, create("none", &api.PartitionInput{}), "EntityNotFoundException", "Table none not found.")
	says(t, create("t", &api.PartitionInput{Values: []string{"1", "1"}, StorageDescriptor: &api.StorageDescriptor{SortColumns: []api.Order{{SortOrder: 3}}}}), "ValidationException",
		"1 validation error detected: Value '3' at 'partitionInput.storageDescriptor.sortColumns.1.member.sortOrder' failed to satisfy constraint: Member must have value less than or equal to 1")
	partitions, _ := w.counts()
	require.Equal(t, 4, partitions)
	w.open(Quotas{Partitions: 4})
	says(t, create("t", &api.PartitionInput{Values: []string{"2027", "eu"}}), "ResourceNumberLimitExceededException", "Number of PARTITION resources exceeds the account limit 4")
}
