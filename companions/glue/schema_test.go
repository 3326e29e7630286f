package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestSchema(t *testing.T) {
	w := newWorld(t)
	w.database("Lake")
	_, err := w.room.CreateTable(t.Context(), &api.CreateTableInput{DatabaseName: aws.String("LAKE"), TableInput: &api.TableInput{
		Name: aws.String("Events"), Parameters: map[string]string{"classification": "parquet"}, PartitionKeys: columns("day:date"),
		StorageDescriptor: &api.StorageDescriptor{
			Columns: columns("id:bigint", "tags:array<struct<k:string,v:decimal(10,2)>>"), Location: aws.String("s3://lake/events/"),
			InputFormat: aws.String("in"), OutputFormat: aws.String("out"),
			SerdeInfo: &api.SerDeInfo{SerializationLibrary: aws.String("org.openx.data.jsonserde.JsonSerDe"), Parameters: map[string]string{"paths": "id"}},
		}}})
	require.NoError(t, err)
	got, err := w.room.Schema(t.Context(), "000000000000", "us-east-1", "lake", "EVENTS", LatestVersion)
	require.NoError(t, err)
	require.Equal(t, &Schema{
		Columns:       []Column{{"id", "bigint"}, {"tags", "array<struct<k:string,v:decimal(10,2)>>"}},
		PartitionKeys: []Column{{"day", "date"}}, Serde: "org.openx.data.jsonserde.JsonSerDe", SerdeParameters: map[string]string{"paths": "id"},
		InputFormat: "in", OutputFormat: "out", Location: "s3://lake/events/",
		Parameters: map[string]string{"classification": "parquet"}, VersionID: "0",
	}, got)

	_, err = w.room.Schema(t.Context(), "000000000000", "us-east-1", "lake", "none", "")
	says(t, err, "EntityNotFoundException", "Table none not found.")
	_, err = w.room.Schema(t.Context(), "111111111111", "us-east-1", "lake", "events", "")
	says(t, err, "EntityNotFoundException", "Database lake not found.")
	_, err = w.room.Schema(t.Context(), "000000000000", "us-east-1", "lake", "events", "7")
	says(t, err, "EntityNotFoundException", "Version not found.")
	_, err = w.room.Schema(t.Context(), "000000000000", "us-east-1", "lake", "events", "newest")
	says(t, err, "InvalidInputException", "newest is not a version of a table.")
}
