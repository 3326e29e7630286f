package glue

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/stretchr/testify/require"
)

func TestCreateDatabase(t *testing.T) {
	w := newWorld(t)
	_, err := w.room.CreateDatabase(t.Context(), &glue.CreateDatabaseInput{
		Tags: map[string]string{"team": "data"},
		DatabaseInput: &types.DatabaseInput{Name: aws.String("Sales"), Description: aws.String(""), LocationUri: aws.String("s3://b/"),
			Parameters: map[string]string{"K": "V"}, TargetDatabase: &types.DatabaseIdentifier{CatalogId: aws.String("1"), DatabaseName: aws.String("x")},
			CreateTableDefaultPermissions: []types.PrincipalPermissions{{Permissions: []types.Permission{"SELECT"},
				Principal: &types.DataLakePrincipal{DataLakePrincipalIdentifier: aws.String("me")}}, {}}}})
	require.NoError(t, err)
	out, err := w.room.GetDatabase(t.Context(), &glue.GetDatabaseInput{Name: aws.String("SALES")})
	require.NoError(t, err)
	require.Equal(t, &types.Database{
		Name: aws.String("sales"), CatalogId: aws.String("000000000000"), CreateTime: &start, Description: aws.String(""),
		LocationUri: aws.String("s3://b/"), Parameters: map[string]string{"K": "V"},
		TargetDatabase: &types.DatabaseIdentifier{CatalogId: aws.String("1"), DatabaseName: aws.String("x")},
		CreateTableDefaultPermissions: []types.PrincipalPermissions{{Permissions: []types.Permission{"SELECT"},
			Principal: &types.DataLakePrincipal{DataLakePrincipalIdentifier: aws.String("me")}}, {}},
	}, out.Database)

	_, err = w.room.CreateDatabase(t.Context(), &glue.CreateDatabaseInput{DatabaseInput: &types.DatabaseInput{Name: aws.String("sALES")}})
	says(t, err, "AlreadyExistsException", "Database already exists.")
	_, err = w.room.CreateDatabase(as(t.Context(), "111111111111", "eu-west-1"), &glue.CreateDatabaseInput{
		CatalogId: aws.String("000000000000"), DatabaseInput: &types.DatabaseInput{Name: aws.String("sales")}})
	require.NoError(t, err, "another region is another catalog")
}

func TestCreateDatabaseRefused(t *testing.T) {
	w := newWorld(t)
	tags := map[string]string{}
	for i := range 51 {
		tags[strings.Repeat("k", i+1)] = ""
	}
	for name, c := range map[string]struct {
		in            *glue.CreateDatabaseInput
		code, message string
	}{
		"federated": {&glue.CreateDatabaseInput{DatabaseInput: &types.DatabaseInput{Name: aws.String("x"), FederatedDatabase: &types.FederatedDatabase{}}},
			"InvalidInputException", "Federated databases are beyond the Data Catalog of Sluice"},
		"tags":     {&glue.CreateDatabaseInput{DatabaseInput: &types.DatabaseInput{Name: aws.String("x")}, Tags: tags}, "InvalidInputException", "A resource has 50 tags at most."},
		"reserved": {&glue.CreateDatabaseInput{DatabaseInput: &types.DatabaseInput{Name: aws.String("x")}, Tags: map[string]string{"AWS:x": ""}}, "InvalidInputException", "Keys of tags must not begin with aws:."},
		"catalog":  {&glue.CreateDatabaseInput{CatalogId: aws.String("s3tables/x"), DatabaseInput: &types.DatabaseInput{Name: aws.String("x")}}, "EntityNotFoundException", "Catalog s3tables/x not found."},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.room.CreateDatabase(t.Context(), c.in)
			says(t, err, c.code, c.message)
		})
	}
	w.open(Quotas{Databases: 1})
	w.database("one")
	_, err := w.room.CreateDatabase(t.Context(), &glue.CreateDatabaseInput{DatabaseInput: &types.DatabaseInput{Name: aws.String("two")}})
	says(t, err, "ResourceNumberLimitExceededException", "Number of DATABASE resources exceeds the account limit 1")
}
