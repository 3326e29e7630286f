package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestGetDatabase(t *testing.T) {
	w := newWorld(t)
	w.database("plain")
	out, err := w.room.GetDatabase(t.Context(), &api.GetDatabaseInput{Name: aws.String("plain")})
	require.NoError(t, err)
	require.Equal(t, &api.Database{
		Name: aws.String("plain"), CatalogId: aws.String("000000000000"), CreateTime: &start,
		CreateTableDefaultPermissions: []api.PrincipalPermissions{{Permissions: []api.Permission{api.PermissionAll},
			Principal: &api.DataLakePrincipal{DataLakePrincipalIdentifier: aws.String("IAM_ALLOWED_PRINCIPALS")}}},
	}, out.Database)
	_, err = w.room.GetDatabase(t.Context(), &api.GetDatabaseInput{Name: aws.String("None")})
	says(t, err, "EntityNotFoundException", "Database none not found.")
	_, err = w.room.GetDatabase(as(t.Context(), "111111111111", "us-east-1"), &api.GetDatabaseInput{Name: aws.String("plain")})
	says(t, err, "EntityNotFoundException", "Database plain not found.")
}
