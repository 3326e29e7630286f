package glue

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestCreateDatabase(t *testing.T) {
	w := newWorld(t)
	_, err := w.room.CreateDatabase(t.Context(), &api.CreateDatabaseInput{
		Tags: map[string]string{"team": "data"},
		DatabaseInput: &api.DatabaseInput{Name: aws.String("Sales"), Description: aws.String(""), LocationUri: aws.String("s3://b/"),
			Parameters: map[string]string{"K": "V"}, TargetDatabase: &api.DatabaseIdentifier{CatalogId: aws.String("1"), DatabaseName: aws.String("x")},
			CreateTableDefaultPermissions: []api.PrincipalPermissions{{Permissions: []api.Permission{"SELECT"},
				Principal: &api.DataLakePrincipal{DataLakePrincipalIdentifier: aws.String("me")}}, {}}}})
	require.NoError(t, err)
	out, err := w.room.GetDatabase(t.Context(), &api.GetDatabaseInput{Name: aws.String("SALES")})
	require.NoError(t, err)
	require.Equal(t, &api.Database{
		Name: aws.String("sales"), CatalogId: aws.String("000000000000"), CreateTime: &start, Description: aws.String(""),
		LocationUri: aws.String("s3://b/"), Parameters: map[string]string{"K": "V"},
		TargetDatabase: &api.DatabaseIdentifier{CatalogId: aws.String("1"), DatabaseName: aws.String("x")},
		CreateTableDefaultPermissions: []api.PrincipalPermissions{{Permissions: []api.Permission{"SELECT"},
			Principal: &api.DataLakePrincipal{DataLakePrincipalIdentifier: aws.String("me")}}, {}},
	}, out.Database)

	_, err = w.room.CreateDatabase(t.Context(), &api.CreateDatabaseInput{DatabaseInput: &api.DatabaseInput{Name: aws.String("sALES")}})
	says(t, err, "AlreadyExistsException", "Database already exists.")
	_, err = w.room.CreateDatabase(as(t.Context(), "111111111111", "eu-west-1"), &api.CreateDatabaseInput{
		CatalogId: aws.String("000000000000"), DatabaseInput: &api.DatabaseInput{Name: aws.String("sales")}})
	require.NoError(t, err, "another region is another catalog")
}

func TestCreateDatabaseRefused(t *testing.T) {
	w := newWorld(t)
	tags := map[string]string{}
	for i := range 51 {
		tags[strings.Repeat("k", i+1)] = ""
	}
	for name, c := range map[string]struct {
		in            *api.CreateDatabaseInput
		code, message string
	}{
		"federated": {&api.CreateDatabaseInput{DatabaseInput: &api.DatabaseInput{Name: aws.String("x"), FederatedDatabase: &api.FederatedDatabase{}}},
			"InvalidInputException", "Federated databases are beyond the Data Catalog of Sluice"},
		"tags":     {&api.CreateDatabaseInput{DatabaseInput: &api.DatabaseInput{Name: aws.String("x")}, Tags: tags}, "InvalidInputException", "A resource has 50 tags at most."},
		"reserved": {&api.CreateDatabaseInput{DatabaseInput: &api.DatabaseInput{Name: aws.String("x")}, Tags: map[string]string{"AWS:x": ""}}, "InvalidInputException", "Keys of tags must not begin with aws:."},
		"catalog":  {&api.CreateDatabaseInput{CatalogId: aws.String("s3tables/x"), DatabaseInput: &api.DatabaseInput{Name: aws.String("x")}}, "EntityNotFoundException", "Catalog s3tables/x not found."},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.room.CreateDatabase(t.Context(), c.in)
			says(t, err, c.code, c.message)
		})
	}
	w.open(Quotas{Databases: 1})
	w.database("one")
	_, err := w.room.CreateDatabase(t.Context(), &api.CreateDatabaseInput{DatabaseInput: &api.DatabaseInput{Name: aws.String("two")}})
	says(t, err, "ResourceNumberLimitExceededException", "Number of DATABASE resources exceeds the account limit 1")
}
