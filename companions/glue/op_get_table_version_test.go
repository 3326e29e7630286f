package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestGetTableVersion(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t")
	w.update("one")
	w.update("two")
	get := func(id *string) (*api.GetTableVersionOutput, error) {
		return w.room.GetTableVersion(t.Context(), &api.GetTableVersionInput{DatabaseName: aws.String("lake"), TableName: aws.String("T"), VersionId: id})
	}
	for id, description := range map[string]string{"0": "", "1": "one", "2": "two"} {
		out, err := get(&id)
		require.NoError(t, err)
		require.Equal(t, id, *out.TableVersion.VersionId)
		require.Equal(t, id, *out.TableVersion.Table.VersionId)
		require.Equal(t, description, aws.ToString(out.TableVersion.Table.Description))
	}
	out, err := get(nil)
	require.NoError(t, err)
	require.Equal(t, "2", *out.TableVersion.VersionId)
	_, err = get(aws.String("3"))
	says(t, err, "EntityNotFoundException", "Version not found.")
	for _, bad := range []string{"x", "-1", "00", "+1", "1.0", "18446744073709551616"} {
		_, err = get(&bad)
		says(t, err, "InvalidInputException", bad+" is not a version of a table.")
	}
	_, err = w.room.GetTableVersion(t.Context(), &api.GetTableVersionInput{DatabaseName: aws.String("lake"), TableName: aws.String("none")})
	says(t, err, "EntityNotFoundException", "Table none not found.")
}
