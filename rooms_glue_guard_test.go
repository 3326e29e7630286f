package sluice

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/stretchr/testify/require"
)

const gluePolicies = `
version: 1
keys:
  - {id: AKIDROOT, secret: root, account: "111111111111"}
  - {id: AKIDREADER, secret: reader, account: "111111111111", user: rita, policies: [read]}
  - {id: AKIDOTHER, secret: other, account: "222222222222"}
policies:
  read:
    Version: "2012-10-17"
    Statement:
      - Effect: Allow
        Action: "glue:Get*"
        Resource: ["arn:aws:glue:us-east-1:111111111111:catalog", "arn:aws:glue:us-east-1:111111111111:database/lake", "arn:aws:glue:us-east-1:111111111111:table/lake/*"]
      - {Effect: Deny, Action: "glue:*", Resource: "arn:aws:glue:*:*:table/lake/secret"}
`

// TestGlueGuards asks the policies of a user about catalog, database and table, and closes the catalogs of other accounts.
func TestGlueGuards(t *testing.T) {
	s := guarded(t, "", gluePolicies)
	client := func(id, secret string) *glue.Client {
		return glue.NewFromConfig(s.AWSConfig(), func(o *glue.Options) {
			o.Credentials, o.RetryMaxAttempts = credentials.NewStaticCredentialsProvider(id, secret, ""), 1
		})
	}
	root, reader, other := client("AKIDROOT", "root"), client("AKIDREADER", "reader"), client("AKIDOTHER", "other")
	makeDatabase := func(c *glue.Client, catalog *string, name string) string {
		_, err := c.CreateDatabase(t.Context(), &glue.CreateDatabaseInput{CatalogId: catalog, DatabaseInput: &types.DatabaseInput{Name: &name}})
		return answered(err)
	}
	makeTable := func(c *glue.Client, name string) string {
		_, err := c.CreateTable(t.Context(), &glue.CreateTableInput{DatabaseName: aws.String("lake"), TableInput: &types.TableInput{Name: &name}})
		return answered(err)
	}
	getTable := func(c *glue.Client, catalog *string, database, name string) string {
		_, err := c.GetTable(t.Context(), &glue.GetTableInput{CatalogId: catalog, DatabaseName: &database, Name: &name})
		return answered(err)
	}
	require.Empty(t, makeDatabase(root, nil, "lake"))
	require.Empty(t, makeDatabase(root, nil, "sea"))
	require.Empty(t, makeTable(root, "orders"))
	require.Empty(t, makeTable(root, "secret"))

	const rita = "AccessDeniedException: User: arn:aws:iam::111111111111:user/rita is not authorized to perform: glue:"
	require.Empty(t, getTable(reader, nil, "lake", "orders"))
	require.Equal(t, rita+"GetTable on resource: arn:aws:glue:us-east-1:111111111111:table/lake/secret with an explicit deny in an identity-based policy",
		getTable(reader, nil, "lake", "SECRET"))
	require.Equal(t, rita+"GetTable on resource: arn:aws:glue:us-east-1:111111111111:database/sea because no identity-based policy allows the glue:GetTable action",
		getTable(reader, nil, "sea", "x"))
	require.Contains(t, makeTable(reader, "more"), rita+"CreateTable on resource: arn:aws:glue:us-east-1:111111111111:catalog because")
	require.Contains(t, makeDatabase(reader, nil, "more"), rita+"CreateDatabase")
	_, err := reader.DeleteTable(t.Context(), &glue.DeleteTableInput{DatabaseName: aws.String("lake"), Name: aws.String("orders")})
	require.Contains(t, answered(err), rita+"DeleteTable")

	theirs := aws.String("111111111111")
	require.Contains(t, getTable(other, theirs, "lake", "orders"), "AccessDeniedException: User: arn:aws:iam::222222222222:root is not authorized to perform: glue:GetTable")
	require.Contains(t, makeDatabase(other, theirs, "mine"), "because no resource-based policy allows the glue:CreateDatabase action")
	_, err = other.TagResource(t.Context(), &glue.TagResourceInput{ResourceArn: aws.String("arn:aws:glue:us-east-1:111111111111:database/lake"), TagsToAdd: map[string]string{"a": "b"}})
	require.Contains(t, answered(err), "AccessDeniedException")
	require.Empty(t, makeDatabase(other, nil, "lake"))
}
