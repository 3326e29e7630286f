package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestGetTable(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	_, err := w.room.CreateTable(t.Context(), &api.CreateTableInput{DatabaseName: aws.String("lake"),
		TableInput: &api.TableInput{Name: aws.String("bare"), TableType: aws.String("GOVERNED")}})
	require.NoError(t, err)
	get := func(wanted ...api.TableAttributes) *api.Table {
		out, err := w.room.GetTable(t.Context(), &api.GetTableInput{DatabaseName: aws.String("lake"), Name: aws.String("bare"), AttributesToGet: wanted})
		require.NoError(t, err)
		return out.Table
	}
	require.Equal(t, &api.Table{
		Name: aws.String("bare"), DatabaseName: aws.String("lake"), CatalogId: aws.String("000000000000"), VersionId: aws.String("0"),
		CreatedBy: aws.String("arn:aws:iam::000000000000:root"), CreateTime: &start, UpdateTime: &start, IsMultiDialectView: aws.Bool(false),
		PartitionKeys: []api.Column{}, TableType: aws.String("GOVERNED"),
	}, get())
	require.Equal(t, get(), get("DEFAULT"))
	named := api.Table{Name: aws.String("bare"), DatabaseName: aws.String("lake"), CatalogId: aws.String("000000000000")}
	require.Equal(t, &named, get("NAME"))
	named.TableType = aws.String("GOVERNED")
	require.Equal(t, &named, get("NAME", "TABLE_TYPE"))

	_, err = w.room.GetTable(t.Context(), &api.GetTableInput{DatabaseName: aws.String("lake"), Name: aws.String("none")})
	says(t, err, "EntityNotFoundException", "Entity Not Found")
	_, err = w.room.GetTable(t.Context(), &api.GetTableInput{DatabaseName: aws.String("none"), Name: aws.String("bare")})
	says(t, err, "EntityNotFoundException", "Database none not found.")
}
