package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestDeleteTableVersion(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t")
	w.update("one")
	w.update("two")
	del := func(id string) error {
		_, err := w.room.DeleteTableVersion(t.Context(), &api.DeleteTableVersionInput{DatabaseName: aws.String("lake"), TableName: aws.String("T"), VersionId: &id})
		return err
	}
	require.NoError(t, del("0"))
	require.Equal(t, []string{"2", "1"}, w.versions())
	_, versions := w.counts()
	require.Equal(t, 1, versions)
	says(t, del("0"), "EntityNotFoundException", "Version not found.")
	says(t, del("2"), "InvalidInputException", "Cannot delete the current version of a table.")
	says(t, del("two"), "InvalidInputException", "two is not a version of a table.")
}
