package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestBatchDeleteTableVersion(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t")
	for range 4 {
		w.update("x")
	}
	out, err := w.room.BatchDeleteTableVersion(t.Context(), &api.BatchDeleteTableVersionInput{DatabaseName: aws.String("lake"), TableName: aws.String("t"),
		VersionIds: []string{"1", "9", "4", "x", "3", "1"}})
	require.NoError(t, err)
	failed := func(id, code, message string) api.TableVersionError {
		return api.TableVersionError{TableName: aws.String("t"), VersionId: &id, ErrorDetail: &api.ErrorDetail{ErrorCode: &code, ErrorMessage: &message}}
	}
	require.Equal(t, []api.TableVersionError{
		failed("9", "EntityNotFoundException", "Version not found."),
		failed("4", "InvalidInputException", "Cannot delete the current version of a table."),
		failed("x", "InvalidInputException", "x is not a version of a table."),
		failed("1", "EntityNotFoundException", "Version not found."),
	}, out.Errors)
	require.Equal(t, []string{"4", "2", "0"}, w.versions())
	_, versions := w.counts()
	require.Equal(t, 2, versions)
}
