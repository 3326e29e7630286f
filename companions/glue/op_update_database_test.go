package glue

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestUpdateDatabase(t *testing.T) {
	w := newWorld(t)
	_, err := w.room.CreateDatabase(t.Context(), &api.CreateDatabaseInput{Tags: map[string]string{"a": "b"},
		DatabaseInput: &api.DatabaseInput{Name: aws.String("lake"), Description: aws.String("old"), Parameters: map[string]string{"k": "v"}}})
	require.NoError(t, err)
	w.table("t")
	w.advance(time.Hour)
	_, err = w.room.UpdateDatabase(t.Context(), &api.UpdateDatabaseInput{Name: aws.String("LAKE"),
		DatabaseInput: &api.DatabaseInput{Name: aws.String("Lake"), LocationUri: aws.String("s3://x/")}})
	require.NoError(t, err)
	out, err := w.room.GetDatabase(t.Context(), &api.GetDatabaseInput{Name: aws.String("lake")})
	require.NoError(t, err)
	require.Nil(t, out.Database.Description, "all is replaced")
	require.Nil(t, out.Database.Parameters)
	require.Equal(t, "s3://x/", *out.Database.LocationUri)
	require.Equal(t, start, *out.Database.CreateTime)
	tags, err := w.room.GetTags(t.Context(), &api.GetTagsInput{ResourceArn: aws.String("arn:aws:glue:us-east-1:000000000000:database/lake")})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a": "b"}, tags.Tags)
	_, err = w.room.GetTable(t.Context(), &api.GetTableInput{DatabaseName: aws.String("lake"), Name: aws.String("t")})
	require.NoError(t, err)

	_, err = w.room.UpdateDatabase(t.Context(), &api.UpdateDatabaseInput{Name: aws.String("none"), DatabaseInput: &api.DatabaseInput{Name: aws.String("none")}})
	says(t, err, "EntityNotFoundException", "Database none not found.")
	_, err = w.room.UpdateDatabase(t.Context(), &api.UpdateDatabaseInput{Name: aws.String("lake"), DatabaseInput: &api.DatabaseInput{Name: aws.String("sea")}})
	says(t, err, "InvalidInputException", "Databases cannot be renamed.")
}
