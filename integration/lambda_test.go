package integration

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"
)

// lambdaClient gives a client of the Go SDK for functions and mappings.
func (s *Server) lambdaClient() *lambda.Client {
	return lambda.New(lambda.Options{Region: "us-east-1", BaseEndpoint: aws.String(s.URL),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
}

func bootstrapPath() string {
	return filepath.Join(Root(), "integration", "sdk", "lambda", "bootstrap")
}

// bootstrapZip is the deployment package with the program that copies records to the stream OUT.
func bootstrapZip(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(bootstrapPath())
	require.NoError(t, err)
	var raw bytes.Buffer
	z := zip.NewWriter(&raw)
	head := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	head.SetMode(0o755)
	w, err := z.CreateHeader(head)
	require.NoError(t, err)
	_, err = w.Write(text)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return raw.Bytes()
}

// consumerStory is what every client program tells of.
type consumerStory struct {
	Function, Created, Result, Updated, Deleted, Log, Disabled string
	Tags, MappingTags                                          map[string]string
	Direct                                                     struct{ Copied *int }
	Failed                                                     []any
	Records                                                    []int
	Size, FunctionGone, Status                                 int
	Listed                                                     any
	Gone                                                       any
}

// runLambda runs a client program against a server that may start processes.
func runLambda(t *testing.T, client, script string) consumerStory {
	t.Helper()
	server := Start(t, "--memory", "--allow-exec")
	ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
	defer cancel()
	program, err := server.Program(ctx, client, "", server.URL, "SLUICE_STREAM=mapped", "SLUICE_PROGRAM="+script,
		"AWS_ENDPOINT_URL="+server.URL, "SLUICE_BOOTSTRAP="+bootstrapPath(), "SLUICE_CODE="+base64.StdEncoding.EncodeToString(bootstrapZip(t)))
	require.NoError(t, err)
	var talk bytes.Buffer
	program.Stderr = &talk
	out, err := program.Output()
	require.NoError(t, err, "%s\n%s", tailOf(talk.Bytes()), server.talk)
	var story consumerStory
	require.NoError(t, json.Unmarshal(out, &story), "%s", out)
	require.Equal(t, "arn:aws:lambda:us-east-1:000000000000:function:mapped", story.Function)
	require.Equal(t, 0, *story.Direct.Copied)
	require.Contains(t, story.Log, "copied 0")
	require.Contains(t, story.Log, "REPORT RequestId: ")
	for n, record := range story.Records {
		require.Equal(t, n, record, "in order")
	}
	return story
}

// TestLambdaBoto3 has boto3 make a function and a mapping and read what the function has done.
func TestLambdaBoto3(t *testing.T) {
	t.Parallel()
	story := runLambda(t, "boto3", "lambda_client.py")
	require.Len(t, story.Records, 40)
	require.Equal(t, map[string]string{"team": "blue"}, story.Tags)
	require.Equal(t, map[string]string{"a": "b"}, story.MappingTags)
	require.Equal(t, []any{200.0, "Unhandled", "Asked"}, story.Failed)
	require.Equal(t, "Creating", story.Created)
	require.Equal(t, "OK", story.Result)
	require.Equal(t, "Updating", story.Updated)
	require.Equal(t, 5, story.Size)
	require.Equal(t, []any{true}, story.Listed)
	require.Equal(t, "Deleting", story.Deleted)
	require.Equal(t, map[string]any{"Code": "ResourceNotFoundException", "Message": "The resource you requested does not exist."}, story.Gone)
	require.Equal(t, 404, story.FunctionGone)
}

// TestLambdaCommandLine tells the same story by the AWS CLI.
func TestLambdaCommandLine(t *testing.T) {
	t.Parallel()
	story := runLambda(t, "awscli", "lambda_awscli_client.py")
	require.Len(t, story.Records, 10)
	require.Equal(t, 200, story.Status)
	require.Equal(t, "Disabled", story.Disabled)
	require.Equal(t, true, story.Listed)
	require.Contains(t, story.Gone, "(ResourceNotFoundException) when calling the GetEventSourceMapping operation: The resource you requested does not exist.")
}

// TestLambdaJS tells the same story by the SDK for JavaScript.
func TestLambdaJS(t *testing.T) {
	t.Parallel()
	story := runLambda(t, "js", "lambda.cjs")
	require.Len(t, story.Records, 40)
	require.Equal(t, 200, story.Status)
	require.Equal(t, "Disabled", story.Disabled)
	require.Equal(t, []any{true}, story.Listed)
	require.Equal(t, "ResourceNotFoundException: The resource you requested does not exist.", story.Gone)
}

// copier makes streams a and b and a function that copies from one to the other.
func copier(ctx context.Context, t *testing.T, server *Server) (*kinesis.Client, *lambda.Client) {
	t.Helper()
	streams, functions := server.SDK(), server.lambdaClient()
	for _, name := range []string{"a", "b"} {
		_, err := streams.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(1)})
		require.NoError(t, err)
	}
	_, err := functions.CreateFunction(ctx, &lambda.CreateFunctionInput{FunctionName: aws.String("copy"), Runtime: types.RuntimeProvidedal2023,
		Handler: aws.String("bootstrap"), Role: aws.String("arn:aws:iam::000000000000:role/r"), Timeout: aws.Int32(30), Publish: true,
		Code: &types.FunctionCode{ZipFile: bootstrapZip(t)}, Environment: &types.Environment{Variables: map[string]string{"OUT": "b"}}})
	require.NoError(t, err)
	return streams, functions
}

// TestLambdaOverKills writes while the server is killed and started again. Every record that was acknowledged comes
// through the function; those of a batch that was cut off may come twice.
func TestLambdaOverKills(t *testing.T) {
	t.Parallel()
	server := Start(t, "--transition", "0", "--allow-exec", "--limits", "off")
	ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
	defer cancel()
	streams, functions := copier(ctx, t, server)
	_, err := functions.CreateEventSourceMapping(ctx, &lambda.CreateEventSourceMappingInput{FunctionName: aws.String("copy"), BatchSize: aws.Int32(7),
		EventSourceArn: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/a"), StartingPosition: types.EventSourcePositionTrimHorizon})
	require.NoError(t, err)
	written := 0
	for round := range 5 {
		for range 60 {
			_, err := streams.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k"), Data: fmt.Append(nil, written)})
			require.NoError(t, err)
			written++
		}
		time.Sleep(time.Duration(round) * 20 * time.Millisecond)
		server.Kill()
		server.Restart()
	}
	var seen map[string]int
	server.eventually(t, func() bool { seen = readAll(ctx, t, streams, "b"); return len(seen) == written }, 100*time.Millisecond, "all of %d records come through: %v", written, lazily(func() any { return len(seen) }))
	twice := 0
	for n := range written {
		require.Positive(t, seen[fmt.Sprint(n)], "record %d", n)
		twice += seen[fmt.Sprint(n)] - 1
	}
	t.Logf("%d records, %d of them again", written, twice)
}

// readAll counts the records of a stream of one shard by their data.
func readAll(ctx context.Context, t *testing.T, streams *kinesis.Client, name string) map[string]int {
	t.Helper()
	start, err := streams.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{StreamName: &name, ShardId: aws.String("shardId-000000000000"),
		ShardIteratorType: kinesistypes.ShardIteratorTypeTrimHorizon})
	require.NoError(t, err)
	seen, iterator := map[string]int{}, start.ShardIterator
	for {
		page, err := streams.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: iterator})
		require.NoError(t, err)
		for _, r := range page.Records {
			seen[string(r.Data)]++
		}
		if iterator = page.NextShardIterator; *page.MillisBehindLatest == 0 {
			return seen
		}
	}
}

// TestLambdaAsTerraform makes the calls that Terraform makes for a function, a mapping and a permission, in its order,
// and waits as it does.
func TestLambdaAsTerraform(t *testing.T) {
	t.Parallel()
	server := Start(t, "--memory", "--allow-exec")
	ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
	defer cancel()
	_, functions := copier(ctx, t, server)
	name := aws.String("copy")
	waiter := lambda.NewFunctionActiveV2Waiter(functions)
	require.NoError(t, waiter.Wait(ctx, &lambda.GetFunctionInput{FunctionName: name}, time.Minute))
	got, err := functions.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: name})
	require.NoError(t, err)
	require.NotNil(t, got.Code)
	require.Equal(t, types.LastUpdateStatusSuccessful, got.Configuration.LastUpdateStatus)
	versions, err := functions.ListVersionsByFunction(ctx, &lambda.ListVersionsByFunctionInput{FunctionName: name, MaxItems: aws.Int32(10000)})
	require.NoError(t, err)
	require.Len(t, versions.Versions, 2)
	signing, err := functions.GetFunctionCodeSigningConfig(ctx, &lambda.GetFunctionCodeSigningConfigInput{FunctionName: name})
	require.NoError(t, err)
	require.Equal(t, "copy", *signing.FunctionName)
	_, err = functions.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: name, MemorySize: aws.Int32(256)})
	require.NoError(t, err)
	require.NoError(t, lambda.NewFunctionUpdatedV2Waiter(functions).Wait(ctx, &lambda.GetFunctionInput{FunctionName: name}, time.Minute))
	_, err = functions.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(5)})
	require.NoError(t, err)
	_, err = functions.AddPermission(ctx, &lambda.AddPermissionInput{FunctionName: name, StatementId: aws.String("s"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("events.amazonaws.com")})
	require.NoError(t, err)
	policy, err := functions.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: name})
	require.NoError(t, err)
	require.True(t, json.Valid([]byte(*policy.Policy)))
	_, err = functions.RemovePermission(ctx, &lambda.RemovePermissionInput{FunctionName: name, StatementId: aws.String("s")})
	require.NoError(t, err)

	made, err := functions.CreateEventSourceMapping(ctx, &lambda.CreateEventSourceMappingInput{FunctionName: got.Configuration.FunctionArn, Enabled: aws.Bool(true),
		EventSourceArn: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/a"), StartingPosition: types.EventSourcePositionLatest, Tags: map[string]string{"a": "b"}})
	require.NoError(t, err)
	awaitMapping(ctx, t, functions, made.UUID, "Enabled", "Creating", "Enabling")
	tags, err := functions.ListTags(ctx, &lambda.ListTagsInput{Resource: made.EventSourceMappingArn})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a": "b"}, tags.Tags)
	_, err = functions.UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{UUID: made.UUID, FunctionName: got.Configuration.FunctionArn, BatchSize: aws.Int32(10)})
	require.NoError(t, err)
	awaitMapping(ctx, t, functions, made.UUID, "Enabled", "Updating")
	_, err = functions.DeleteEventSourceMapping(ctx, &lambda.DeleteEventSourceMappingInput{UUID: made.UUID})
	require.NoError(t, err)
	awaitMapping(ctx, t, functions, made.UUID, "", "Deleting")
	_, err = functions.DeleteFunctionConcurrency(ctx, &lambda.DeleteFunctionConcurrencyInput{FunctionName: name})
	require.NoError(t, err)
	_, err = functions.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: name})
	require.NoError(t, err)
	_, err = functions.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: name})
	var gone *types.ResourceNotFoundException
	require.ErrorAs(t, err, &gone)
}

// awaitMapping waits for a state, an empty one is to be gone, and refuses every state but the pending ones on the way.
func awaitMapping(ctx context.Context, t *testing.T, functions *lambda.Client, uuid *string, want string, pending ...string) {
	t.Helper()
	eventually(t, func() bool {
		out, err := functions.GetEventSourceMapping(ctx, &lambda.GetEventSourceMappingInput{UUID: uuid})
		var gone *types.ResourceNotFoundException
		if errors.As(err, &gone) {
			require.Empty(t, want)
			return true
		}
		require.NoError(t, err)
		if *out.State == want {
			return true
		}
		require.Contains(t, strings.Join(pending, " "), *out.State)
		return false
	}, 20*time.Millisecond, "the mapping becomes %s", want)
}
