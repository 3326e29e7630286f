package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestCreateTable(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	analyzed := start.Add(1234000)
	in := &api.TableInput{
		Name: aws.String("Events"), Description: aws.String("d"), Owner: aws.String("me"), LastAccessTime: &start, LastAnalyzedTime: &analyzed,
		Retention: 3, PartitionKeys: columns("Day:date"), ViewOriginalText: aws.String("select 1"), ViewExpandedText: aws.String("select  1"),
		TableType: aws.String("EXTERNAL_TABLE"), Parameters: map[string]string{"EXTERNAL": "TRUE"},
		TargetTable: &api.TableIdentifier{CatalogId: aws.String("c"), DatabaseName: aws.String("d"), Name: aws.String("n"), Region: aws.String("r")},
		StorageDescriptor: &api.StorageDescriptor{
			Columns:  []api.Column{{Name: aws.String("Id"), Type: aws.String("whatever<"), Comment: aws.String("c"), Parameters: map[string]string{"a": "b"}}},
			Location: aws.String("s3://b/e/"), AdditionalLocations: []string{"s3://b/f/"}, InputFormat: aws.String("i"), OutputFormat: aws.String("o"),
			Compressed: true, NumberOfBuckets: -1, BucketColumns: []string{"Id"}, SortColumns: []api.Order{{Column: aws.String("Id"), SortOrder: 1}},
			SerdeInfo:  &api.SerDeInfo{Name: aws.String("s"), SerializationLibrary: aws.String("l"), Parameters: map[string]string{"x": "y"}},
			Parameters: map[string]string{"p": "q"}, StoredAsSubDirectories: true,
			SkewedInfo: &api.SkewedInfo{SkewedColumnNames: []string{"Id"}, SkewedColumnValues: []string{"1"}, SkewedColumnValueLocationMaps: map[string]string{"1": "s3://b/1"}},
		},
	}
	_, err := w.room.CreateTable(t.Context(), &api.CreateTableInput{DatabaseName: aws.String("LAKE"), TableInput: in})
	require.NoError(t, err)
	out, err := w.room.GetTable(t.Context(), &api.GetTableInput{DatabaseName: aws.String("lake"), Name: aws.String("EVENTS")})
	require.NoError(t, err)
	analyzed = analyzed.Truncate(1000000)
	require.Equal(t, &api.Table{
		Name: aws.String("events"), DatabaseName: aws.String("lake"), CatalogId: aws.String("000000000000"), VersionId: aws.String("0"),
		CreatedBy: aws.String("arn:aws:iam::000000000000:root"), CreateTime: &start, UpdateTime: &start, IsMultiDialectView: aws.Bool(false),
		Description: in.Description, Owner: in.Owner, LastAccessTime: &start, LastAnalyzedTime: &analyzed, Retention: 3,
		PartitionKeys: in.PartitionKeys, ViewOriginalText: in.ViewOriginalText, ViewExpandedText: in.ViewExpandedText, TableType: in.TableType,
		Parameters: in.Parameters, TargetTable: in.TargetTable, StorageDescriptor: in.StorageDescriptor,
	}, out.Table, "columns keep their case, names of tables do not")

	_, err = w.room.CreateTable(t.Context(), &api.CreateTableInput{DatabaseName: aws.String("lake"), TableInput: &api.TableInput{Name: aws.String("EVENTS")}})
	says(t, err, "AlreadyExistsException", "Table already exists.")
}

func TestCreateTableRefused(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	const beyondHere = " beyond the Data Catalog of Sluice"
	for name, c := range map[string]struct {
		change        func(*api.CreateTableInput)
		code, message string
	}{
		"no database": {func(in *api.CreateTableInput) { in.DatabaseName = aws.String("None") }, "EntityNotFoundException", "Database none not found."},
		"no input": {func(in *api.CreateTableInput) { in.TableInput = nil },
			"ValidationException", "1 validation error detected: Value null at 'tableInput' failed to satisfy constraint: Member must not be null"},
		"iceberg": {func(in *api.CreateTableInput) { in.OpenTableFormatInput = &api.OpenTableFormatInput{} },
			"InvalidInputException", "Tables whose metadata the catalog writes itself (OpenTableFormatInput) are" + beyondHere},
		"dialects": {func(in *api.CreateTableInput) { in.TableInput.ViewDefinition = &api.ViewDefinitionInput{} },
			"InvalidInputException", "Views in several dialects (ViewDefinition) are" + beyondHere},
		"retention": {func(in *api.CreateTableInput) { in.TableInput.Retention = -1 }, "ValidationException",
			"1 validation error detected: Value '-1' at 'tableInput.retention' failed to satisfy constraint: Member must have value greater than or equal to 0"},
		"order": {func(in *api.CreateTableInput) {
			in.TableInput.StorageDescriptor.SortColumns = []api.Order{{Column: aws.String("n"), SortOrder: 2}}
		}, "ValidationException", "1 validation error detected: Value '2' at 'tableInput.storageDescriptor.sortColumns.1.member.sortOrder' failed to satisfy constraint: Member must have value less than or equal to 1"},
		"negative order": {func(in *api.CreateTableInput) {
			in.TableInput.StorageDescriptor.SortColumns = []api.Order{{Column: aws.String("n")}, {Column: aws.String("n"), SortOrder: -2}}
		}, "ValidationException", "1 validation error detected: Value '-2' at 'tableInput.storageDescriptor.sortColumns.2.member.sortOrder' failed to satisfy constraint: Member must have value greater than or equal to 0"},
		"schema": {func(in *api.CreateTableInput) {
			in.TableInput.StorageDescriptor.SchemaReference = &api.SchemaReference{SchemaId: &api.SchemaId{SchemaName: aws.String("s"), RegistryName: aws.String("r")}}
		}, "EntityNotFoundException", "Schema is not found. RegistryName: r, SchemaName: s, SchemaArn: null"},
		"schema version": {func(in *api.CreateTableInput) {
			in.TableInput.StorageDescriptor.SchemaReference = &api.SchemaReference{}
		}, "EntityNotFoundException", "Schema is not found. RegistryName: null, SchemaName: null, SchemaArn: null"},
		"index": {func(in *api.CreateTableInput) {
			in.PartitionIndexes = []api.PartitionIndex{{IndexName: aws.String("i"), Keys: []string{"Other"}}}
		}, "InvalidInputException", "other is not a partition key."},
	} {
		t.Run(name, func(t *testing.T) {
			in := &api.CreateTableInput{DatabaseName: aws.String("lake"), TableInput: tableInput("t")}
			c.change(in)
			_, err := w.room.CreateTable(t.Context(), in)
			says(t, err, c.code, c.message)
		})
	}
	require.Zero(t, w.rows(prefixTable))
	w.open(Quotas{Tables: 1})
	w.table("one")
	_, err := w.room.CreateTable(t.Context(), &api.CreateTableInput{DatabaseName: aws.String("lake"), TableInput: tableInput("two")})
	says(t, err, "ResourceNumberLimitExceededException", "Number of TABLE resources exceeds the account limit 1")
}
