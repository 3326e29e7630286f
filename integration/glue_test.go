package integration

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/stretchr/testify/require"
)

// TestCatalogClients has clients use the Data Catalog with their default settings.
func TestCatalogClients(t *testing.T) {
	t.Parallel()
	server := Start(t, "--memory")
	for _, program := range []struct{ client, script string }{{"boto3", "glue_client.py"}, {"awscli", "glue_awscli.py"}, {"js", "glue.cjs"},
		{"java-sync", "Catalogs"}, {"java-async", "Catalogs"}} {
		t.Run(program.client, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
			defer cancel()
			command, err := server.Program(ctx, program.client, "", server.URL, "SLUICE_PROGRAM="+program.script,
				"AWS_ENDPOINT_URL_GLUE="+server.URL, "SLUICE_DATABASE=lake-"+program.client)
			require.NoError(t, err)
			out, err := command.CombinedOutput()
			require.NoError(t, err, "%s", tailOf(out))
			require.Contains(t, string(out), "all well")
		})
	}
}

// TestAllClientVersionsOfTables writes and reads tables as data frames with awswrangler, and Iceberg tables with PyIceberg.
// It is for `make test-clients`.
func TestAllClientVersionsOfTables(t *testing.T) {
	if os.Getenv("SLUICE_ALL_CLIENTS") == "" {
		t.Skip("run by make test-clients")
	}
	t.Parallel()
	server := Start(t, "--memory")
	for _, script := range []string{"glue_awswrangler.py", "glue_iceberg.py"} {
		t.Run(script, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
			defer cancel()
			command, err := server.Program(ctx, "awswrangler", "", server.URL, "SLUICE_PROGRAM="+script, "AWS_ENDPOINT_URL="+server.URL)
			require.NoError(t, err)
			out, err := command.CombinedOutput()
			require.NoError(t, err, "%s", tailOf(out))
			require.Contains(t, string(out), "all well")
		})
	}
}

// TestCatalogPage runs the program that docs/glue.md shows: it prints what stands beside its lines.
func TestCatalogPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(Root(), "docs", "glue.md"))
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```python\n(.*?)```").FindAllSubmatch(page, -1)
	require.Len(t, blocks, 1)
	var printed strings.Builder
	for _, line := range regexp.MustCompile(`(?m)print\(.*\)  # (.*)$`).FindAllSubmatch(blocks[0][1], -1) {
		printed.WriteString(string(line[1]) + "\n")
	}
	server := Start(t, "--memory")
	boto3, err := server.Program(t.Context(), "boto3", "", server.URL, "AWS_ENDPOINT_URL="+server.URL)
	require.NoError(t, err)
	program := exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(boto3.Path), "venv", "bin", "python"), "-c", string(blocks[0][1]))
	program.Env = boto3.Env
	out, err := program.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, printed.String(), string(out))
}

func (s *Server) glueClient() *glue.Client {
	return glue.New(glue.Options{Region: "us-east-1", BaseEndpoint: aws.String(s.URL), Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
}

// TestCatalogOverKills writes partitions and versions with the Go SDK while the server is killed and started again: what
// was acknowledged is there, and what is counted is what there is.
func TestCatalogOverKills(t *testing.T) {
	t.Parallel()
	server := Start(t)
	ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
	defer cancel()
	client := server.glueClient()
	_, err := client.CreateDatabase(ctx, &glue.CreateDatabaseInput{DatabaseInput: &types.DatabaseInput{Name: aws.String("lake")}})
	require.NoError(t, err)
	table := &types.TableInput{Name: aws.String("t"), PartitionKeys: []types.Column{{Name: aws.String("n"), Type: aws.String("int")}}}
	_, err = client.CreateTable(ctx, &glue.CreateTableInput{DatabaseName: aws.String("lake"), TableInput: table})
	require.NoError(t, err)
	written, updated := 0, 0
	for round := range 3 {
		for range 20 + round {
			var list []types.PartitionInput
			for range 50 {
				list = append(list, types.PartitionInput{Values: []string{fmt.Sprint(written)}})
				written++
			}
			out, err := client.BatchCreatePartition(ctx, &glue.BatchCreatePartitionInput{DatabaseName: aws.String("lake"), TableName: aws.String("t"), PartitionInputList: list})
			require.NoError(t, err)
			require.Empty(t, out.Errors)
			_, err = client.UpdateTable(ctx, &glue.UpdateTableInput{DatabaseName: aws.String("lake"), TableInput: table, VersionId: aws.String(fmt.Sprint(updated))})
			require.NoError(t, err)
			updated++
		}
		server.Kill()
		server.Restart()
		client = server.glueClient() // at another port
		seen := 0
		pages := glue.NewGetPartitionsPaginator(client, &glue.GetPartitionsInput{DatabaseName: aws.String("lake"), TableName: aws.String("t")})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			require.NoError(t, err)
			seen += len(page.Partitions)
		}
		require.Equal(t, written, seen)
		now, err := client.GetTable(ctx, &glue.GetTableInput{DatabaseName: aws.String("lake"), Name: aws.String("t")})
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(updated), *now.Table.VersionId)
	}
}
