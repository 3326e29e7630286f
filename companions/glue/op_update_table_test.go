package glue

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestUpdateTable(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t", "year:int")
	w.partition("t", "2026")
	w.advance(time.Hour)
	update := func(in *api.UpdateTableInput) error {
		in.DatabaseName = aws.String("Lake")
		if in.TableInput == nil {
			in.TableInput = &api.TableInput{Name: aws.String("T"), Parameters: map[string]string{"table_type": "ICEBERG"}}
		}
		_, err := w.room.UpdateTable(t.Context(), in)
		return err
	}
	require.NoError(t, update(&api.UpdateTableInput{VersionId: aws.String("0")}))
	says(t, update(&api.UpdateTableInput{VersionId: aws.String("0")}), "ConcurrentModificationException", "Update table failed due to concurrent modifications.")
	require.NoError(t, update(&api.UpdateTableInput{VersionId: aws.String("1"), SkipArchive: aws.Bool(true)}))
	require.Equal(t, []string{"2", "0"}, w.versions(), "what SkipArchive skips is gone")
	out, err := w.room.GetTable(t.Context(), &api.GetTableInput{DatabaseName: aws.String("lake"), Name: aws.String("t")})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"table_type": "ICEBERG"}, out.Table.Parameters)
	require.Nil(t, out.Table.StorageDescriptor, "all is replaced")
	require.Equal(t, start, *out.Table.CreateTime)
	require.Equal(t, start.Add(time.Hour), *out.Table.UpdateTime)
	partitions, versions := w.counts()
	require.Equal(t, []int{1, 1}, []int{partitions, versions})

	for name, c := range map[string]struct {
		in            *api.UpdateTableInput
		code, message string
	}{
		"not there": {&api.UpdateTableInput{TableInput: tableInput("None")}, "EntityNotFoundException", "Table none not found."},
		"rename":    {&api.UpdateTableInput{Name: aws.String("u")}, "InvalidInputException", "Tables cannot be renamed."},
		"version":   {&api.UpdateTableInput{VersionId: aws.String("01")}, "InvalidInputException", "01 is not a version of a table."},
		"retention": {&api.UpdateTableInput{TableInput: &api.TableInput{Name: aws.String("t"), Retention: -5}}, "ValidationException",
			"1 validation error detected: Value '-5' at 'tableInput.retention' failed to satisfy constraint: Member must have value greater than or equal to 0"},
		"format": {&api.UpdateTableInput{UpdateOpenTableFormatInput: &api.UpdateOpenTableFormatInput{}}, "InvalidInputException",
			"Tables whose metadata the catalog writes itself (UpdateOpenTableFormatInput) are beyond the Data Catalog of Sluice"},
	} {
		t.Run(name, func(t *testing.T) { says(t, update(c.in), c.code, c.message) })
	}
	_, err = w.room.UpdateTable(t.Context(), &api.UpdateTableInput{DatabaseName: aws.String("lake")})
	says(t, err, "ValidationException", "1 validation error detected: Value null at 'tableInput' failed to satisfy constraint: Member must not be null")
	w.open(Quotas{Versions: 1})
	says(t, update(&api.UpdateTableInput{}), "ResourceNumberLimitExceededException", "Number of TABLE_VERSION resources exceeds the account limit 1")
	require.NoError(t, update(&api.UpdateTableInput{SkipArchive: aws.Bool(true)}))
}
