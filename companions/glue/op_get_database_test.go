package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/stretchr/testify/require"
)

func TestGetDatabase(t *testing.T) {
	w := newWorld(t)
	w.database("plain")
	out, err := w.room.GetDatabase(t.Context(), &glue.GetDatabaseInput{Name: aws.String("plain")})
	require.NoError(t, err)
	require.Equal(t, &types.Database{
		Name: aws.String("plain"), CatalogId: aws.String("000000000000"), CreateTime: &start,
		CreateTableDefaultPermissions: []types.PrincipalPermissions{{Permissions: []types.Permission{types.PermissionAll},
			Principal: &types.DataLakePrincipal{DataLakePrincipalIdentifier: aws.String("IAM_ALLOWED_PRINCIPALS")}}},
	}, out.Database)
	_, err = w.room.GetDatabase(t.Context(), &glue.GetDatabaseInput{Name: aws.String("None")})
	says(t, err, "EntityNotFoundException", "Database none not found.")
	_, err = w.room.GetDatabase(as(t.Context(), "111111111111", "us-east-1"), &glue.GetDatabaseInput{Name: aws.String("plain")})
	says(t, err, "EntityNotFoundException", "Database plain not found.")
}
