package sluice

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/stretchr/testify/require"

	catalog "sluice/companions/glue"
)

// eventTable makes a table of two versions.
func eventTable(t *testing.T, client *glue.Client) {
	t.Helper()
	_, err := client.CreateDatabase(t.Context(), &glue.CreateDatabaseInput{DatabaseInput: &types.DatabaseInput{Name: aws.String("Lake")}})
	require.NoError(t, err)
	table := func(columns ...types.Column) *types.TableInput {
		return &types.TableInput{Name: aws.String("Events"), Parameters: map[string]string{"classification": "json"},
			PartitionKeys: []types.Column{{Name: aws.String("day"), Type: aws.String("date")}},
			StorageDescriptor: &types.StorageDescriptor{Columns: columns, Location: aws.String("s3://lake/events/"), InputFormat: aws.String("in"), OutputFormat: aws.String("out"),
				SerdeInfo: &types.SerDeInfo{SerializationLibrary: aws.String("org.openx.data.jsonserde.JsonSerDe"), Parameters: map[string]string{"paths": "id"}}}}
	}
	id := types.Column{Name: aws.String("id"), Type: aws.String("bigint")}
	_, err = client.CreateTable(t.Context(), &glue.CreateTableInput{DatabaseName: aws.String("lake"), TableInput: table(id)})
	require.NoError(t, err)
	_, err = client.UpdateTable(t.Context(), &glue.UpdateTableInput{DatabaseName: aws.String("lake"), TableInput: table(id, types.Column{Name: aws.String("who"), Type: aws.String("string")})})
	require.NoError(t, err)
}

// TestCatalogInSnapshots takes the Data Catalog along in a snapshot, and resets it by account and region.
func TestCatalogInSnapshots(t *testing.T) {
	s := RunT(t)
	client := glue.NewFromConfig(s.AWSConfig())
	other := glue.NewFromConfig(s.AWSConfig(), func(o *glue.Options) { o.Region = "eu-west-1" })
	stranger := glue.NewFromConfig(s.AWSConfig(), func(o *glue.Options) {
		o.Credentials = credentials.NewStaticCredentialsProvider("123456789012", "x", "")
	})
	for _, c := range []*glue.Client{client, other, stranger} {
		eventTable(t, c)
	}
	names := func(c *glue.Client) (names []string) {
		out, err := c.GetTables(t.Context(), &glue.GetTablesInput{DatabaseName: aws.String("lake")})
		if err != nil {
			require.ErrorContains(t, err, "EntityNotFoundException: Database lake not found.")
			return nil
		}
		for _, x := range out.TableList {
			names = append(names, *x.Name)
		}
		return names
	}
	require.NoError(t, s.Snapshot(t.Context(), "before"))
	_, err := client.DeleteTable(t.Context(), &glue.DeleteTableInput{DatabaseName: aws.String("lake"), Name: aws.String("events")})
	require.NoError(t, err)
	require.Empty(t, names(client))
	require.NoError(t, s.Restore(t.Context(), "before"))
	require.Equal(t, []string{"events"}, names(client))

	removed, err := s.Reset(t.Context(), "glue", "", "eu-west-1")
	require.NoError(t, err)
	require.Equal(t, map[string]int{"glue": 1}, removed)
	require.Nil(t, names(other))
	require.Equal(t, []string{"events"}, names(client))
	removed, err = s.Reset(t.Context(), "glue", "123456789012", "")
	require.NoError(t, err)
	require.Equal(t, map[string]int{"glue": 1}, removed)
	require.Nil(t, names(stranger))
	removed, err = s.Reset(t.Context(), "glue", "", "")
	require.NoError(t, err)
	require.Equal(t, map[string]int{"glue": 1}, removed)
	require.Nil(t, names(client))
	eventTable(t, client)
}

// TestUnknownGlueCall checks that what is not there names the limit.
func TestUnknownGlueCall(t *testing.T) {
	s := RunT(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Endpoint(), strings.NewReader(`{}`))
	require.NoError(t, err)
	r.Header.Set("X-Amz-Target", "AWSGlue.CreateCrawler")
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusBadRequest, answer.StatusCode)
	require.JSONEq(t, `{"__type":"UnknownOperationException","message":"Sluice has the Data Catalog of Glue: databases, tables, versions, partitions, indexes and tags. `+
		"This operation is not in it. `sluice ops` lists what is. Point AWS_ENDPOINT_URL_GLUE at another server for the rest.\"}", string(body))
}

// TestOutsideCatalog reads schemas from another endpoint, here another Sluice that checks signatures.
func TestOutsideCatalog(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDOUTSIDE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	elsewhere := RunT(t, func(c *Config) {
		c.Auth, c.Keys = AuthVerify, []Key{{ID: "AKIDOUTSIDE", Secret: "secret", Account: DefaultAccount}}
	})
	eventTable(t, glue.NewFromConfig(elsewhere.AWSConfig(), func(o *glue.Options) {
		o.Credentials = credentials.NewStaticCredentialsProvider("AKIDOUTSIDE", "secret", "")
	}))
	s := RunT(t, func(c *Config) { c.GlueEndpoint = elsewhere.Endpoint() })
	here, there := elsewhere.schemas(elsewhere.current.Load()), s.schemas(s.current.Load())
	require.NotEqual(t, here, there)
	for version, columns := range map[string]int{"": 2, "LATEST": 2, "0": 1, "1": 2} {
		want, err := here.Schema(t.Context(), DefaultAccount, DefaultRegion, "lake", "events", version)
		require.NoError(t, err)
		require.Len(t, want.Columns, columns)
		got, err := there.Schema(t.Context(), DefaultAccount, DefaultRegion, "lake", "events", version)
		require.NoError(t, err)
		require.Equal(t, want, got, version)
	}
	for _, from := range []schemas{here, there} {
		_, err := from.Schema(t.Context(), DefaultAccount, DefaultRegion, "lake", "events", "9")
		require.True(t, catalog.NotFound(err), "%v", err)
		require.ErrorContains(t, err, "Version not found.")
		_, err = from.Schema(t.Context(), DefaultAccount, DefaultRegion, "none", "events", "")
		require.True(t, catalog.NotFound(err), "%v", err)
		require.ErrorContains(t, err, "Database none not found.")
	}
}

func TestGlueEndpointSetting(t *testing.T) {
	for address, wrong := range map[string]bool{"": false, "http://127.0.0.1:1": false, "https://glue.eu-west-1.amazonaws.com": false,
		"nowhere": true, "ftp://x": true, "http://u:p@x": true, "http://x?y": true} {
		err := Config{Memory: true, GlueEndpoint: address}.withDefaults().Validate()
		require.Equal(t, wrong, err != nil, address)
		if wrong {
			require.ErrorContains(t, err, "glue-endpoint")
		}
	}
}

// TestTerraformOfCatalog makes the calls that Terraform makes for a database and a table, in its order: create, read all
// of it back, change, read again, destroy.
func TestTerraformOfCatalog(t *testing.T) {
	s := RunT(t)
	client, ctx := glue.NewFromConfig(s.AWSConfig()), t.Context()
	account := aws.String(DefaultAccount)
	_, err := client.CreateDatabase(ctx, &glue.CreateDatabaseInput{CatalogId: account, Tags: map[string]string{"team": "shop"},
		DatabaseInput: &types.DatabaseInput{Name: aws.String("lake"), Description: aws.String("what came"), Parameters: map[string]string{"a": "b"}}})
	require.NoError(t, err)
	database, err := client.GetDatabase(ctx, &glue.GetDatabaseInput{CatalogId: account, Name: aws.String("lake")})
	require.NoError(t, err)
	require.Equal(t, "what came", *database.Database.Description)
	require.Len(t, database.Database.CreateTableDefaultPermissions, 1)
	tags, err := client.GetTags(ctx, &glue.GetTagsInput{ResourceArn: aws.String("arn:aws:glue:us-east-1:" + DefaultAccount + ":database/lake")})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"team": "shop"}, tags.Tags)

	table := &types.TableInput{Name: aws.String("orders"), Retention: 7, Owner: aws.String("shop"), TableType: aws.String("EXTERNAL_TABLE"), Parameters: map[string]string{"EXTERNAL": "TRUE"},
		PartitionKeys: []types.Column{{Name: aws.String("day"), Type: aws.String("date"), Comment: aws.String("")}},
		StorageDescriptor: &types.StorageDescriptor{Location: aws.String("s3://lake/orders/"), Columns: []types.Column{{Name: aws.String("id"), Type: aws.String("bigint")}},
			SortColumns: []types.Order{{Column: aws.String("id"), SortOrder: 1}}, SerdeInfo: &types.SerDeInfo{SerializationLibrary: aws.String("x")}}}
	_, err = client.CreateTable(ctx, &glue.CreateTableInput{CatalogId: account, DatabaseName: aws.String("lake"), TableInput: table,
		PartitionIndexes: []types.PartitionIndex{{IndexName: aws.String("by_day"), Keys: []string{"day"}}}})
	require.NoError(t, err)
	read := func() *types.Table {
		got, err := client.GetTable(ctx, &glue.GetTableInput{CatalogId: account, DatabaseName: aws.String("lake"), Name: aws.String("orders")})
		require.NoError(t, err)
		indexes, err := client.GetPartitionIndexes(ctx, &glue.GetPartitionIndexesInput{CatalogId: account, DatabaseName: aws.String("lake"), TableName: aws.String("orders")})
		require.NoError(t, err)
		require.Equal(t, types.PartitionIndexStatusActive, indexes.PartitionIndexDescriptorList[0].IndexStatus)
		return got.Table
	}
	got := read()
	require.Equal(t, table.StorageDescriptor, got.StorageDescriptor)
	require.Equal(t, table.PartitionKeys, got.PartitionKeys)
	require.Equal(t, []any{int32(7), "shop", "EXTERNAL_TABLE"}, []any{got.Retention, *got.Owner, *got.TableType})
	table.Description = aws.String("changed")
	_, err = client.UpdateTable(ctx, &glue.UpdateTableInput{CatalogId: account, DatabaseName: aws.String("lake"), TableInput: table, SkipArchive: aws.Bool(true)})
	require.NoError(t, err)
	require.Equal(t, "changed", *read().Description)
	_, err = client.DeleteTable(ctx, &glue.DeleteTableInput{CatalogId: account, DatabaseName: aws.String("lake"), Name: aws.String("orders")})
	require.NoError(t, err)
	var gone *types.EntityNotFoundException
	_, err = client.GetTable(ctx, &glue.GetTableInput{CatalogId: account, DatabaseName: aws.String("lake"), Name: aws.String("orders")})
	require.ErrorAs(t, err, &gone)
	_, err = client.DeleteDatabase(ctx, &glue.DeleteDatabaseInput{CatalogId: account, Name: aws.String("lake")})
	require.NoError(t, err)
}
