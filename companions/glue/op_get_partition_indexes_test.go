package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func (w *world) indexes() []api.PartitionIndexDescriptor {
	w.t.Helper()
	out, err := w.room.GetPartitionIndexes(w.t.Context(), &api.GetPartitionIndexesInput{DatabaseName: aws.String("lake"), TableName: aws.String("t")})
	require.NoError(w.t, err)
	return out.PartitionIndexDescriptorList
}

func TestGetPartitionIndexes(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	_, err := w.room.CreateTable(t.Context(), &api.CreateTableInput{DatabaseName: aws.String("lake"), TableInput: tableInput("t", "Year:int", "region:string"),
		PartitionIndexes: []api.PartitionIndex{{IndexName: aws.String("ByRegion"), Keys: []string{"region", "YEAR"}}}})
	require.NoError(t, err)
	require.Equal(t, []api.PartitionIndexDescriptor{{IndexName: aws.String("byregion"), IndexStatus: "ACTIVE", Keys: []api.KeySchemaElement{
		{Name: aws.String("region"), Type: aws.String("string")}, {Name: aws.String("year"), Type: aws.String("int")}}}}, w.indexes())
	w.update("keys are gone")
	require.Len(t, w.indexes(), 1)
	_, err = w.room.GetPartitionIndexes(t.Context(), &api.GetPartitionIndexesInput{DatabaseName: aws.String("lake"), TableName: aws.String("none")})
	says(t, err, "EntityNotFoundException", "Table none not found.")
	_, err = w.room.GetPartitionIndexes(t.Context(), &api.GetPartitionIndexesInput{DatabaseName: aws.String("lake"), TableName: aws.String("t"), NextToken: aws.String("x")})
	says(t, err, "InvalidInputException", "The NextToken is not valid for this request.")
}
