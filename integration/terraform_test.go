package integration

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"
)

// zipped packs files; names and contents take turns. All of them can be run.
func zipped(t *testing.T, pairs ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := 0; i < len(pairs); i += 2 {
		h := &zip.FileHeader{Name: pairs[i], Method: zip.Deflate}
		h.SetMode(0o755)
		w, err := z.CreateHeader(h)
		require.NoError(t, err)
		_, err = w.Write([]byte(pairs[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return out.Bytes()
}

// TestTerraformStyle makes the calls that Terraform makes for a function and a mapping, in its order: create, read all
// of it back, change, read again, destroy.
func TestTerraformStyle(t *testing.T) {
	t.Parallel()
	s := Start(t, "--memory", "--allow-exec")
	api, ctx, name := s.Lambda(), t.Context(), aws.String("orders")
	binary, err := os.ReadFile(filepath.Join(filepath.Dir(handlerScript(t, "go")), "bootstrap"))
	require.NoError(t, err)
	code := zipped(t, "bootstrap", "#!/bin/sh\nexec ./handler-1\n", "handler-1", string(binary))

	made, err := api.CreateFunction(ctx, &lambda.CreateFunctionInput{FunctionName: name, Role: aws.String("arn:aws:iam::000000000000:role/orders"),
		Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Timeout: aws.Int32(100), MemorySize: aws.Int32(256),
		Code: &types.FunctionCode{ZipFile: code}, Environment: &types.Environment{Variables: map[string]string{"STAGE": "dev"}}, Tags: map[string]string{"team": "shop"}})
	require.NoError(t, err)
	read := func() *lambda.GetFunctionOutput {
		var got *lambda.GetFunctionOutput
		s.eventually(t, func() bool {
			got, err = api.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: name})
			return err == nil && got.Configuration.State == types.StateActive && got.Configuration.LastUpdateStatus == types.LastUpdateStatusSuccessful
		}, 20*time.Millisecond, "the function is as it should be")
		return got
	}
	got := read()
	require.NotNil(t, got.Code)
	require.Equal(t, map[string]string{"team": "shop"}, got.Tags)
	require.Equal(t, made.CodeSha256, got.Configuration.CodeSha256)
	versions, err := api.ListVersionsByFunction(ctx, &lambda.ListVersionsByFunctionInput{FunctionName: name})
	require.NoError(t, err)
	require.Len(t, versions.Versions, 1)
	_, err = api.GetFunctionCodeSigningConfig(ctx, &lambda.GetFunctionCodeSigningConfigInput{FunctionName: name})
	require.NoError(t, err)
	payload, failure, log := called(t, s, "orders", `{"value":"first"}`)
	require.Empty(t, failure, payload+log)

	_, err = s.SDK().CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: name, ShardCount: aws.Int32(1)})
	require.NoError(t, err)
	mapping := terraformMapping(t, s, made)

	_, err = api.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{FunctionName: name, ZipFile: zipped(t, "bootstrap", "#!/bin/sh\nexit 9\n")})
	require.NoError(t, err)
	read()
	payload, failure, _ = called(t, s, "orders", `{"value":"second"}`)
	require.Equal(t, "Unhandled", failure)
	require.Contains(t, payload, "exit status 9", "the new code runs")
	_, err = api.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{FunctionName: name, ZipFile: code, Publish: true})
	require.NoError(t, err)
	read()
	_, err = api.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Timeout: aws.Int32(107)})
	require.NoError(t, err)
	require.EqualValues(t, 107, *read().Configuration.Timeout)
	published, err := api.Invoke(ctx, &lambda.InvokeInput{FunctionName: name, Qualifier: aws.String("1"), Payload: []byte(`{"do":"context"}`)})
	require.NoError(t, err)
	require.Equal(t, "1", *published.ExecutedVersion)
	require.Contains(t, string(published.Payload), ":function:orders:1")
	_, err = api.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(0)})
	require.NoError(t, err)
	_, err = api.Invoke(ctx, &lambda.InvokeInput{FunctionName: name}, func(o *lambda.Options) { o.Retryer = aws.NopRetryer{} })
	var throttled *types.TooManyRequestsException
	require.ErrorAs(t, err, &throttled)

	_, err = api.DeleteEventSourceMapping(ctx, &lambda.DeleteEventSourceMappingInput{UUID: mapping})
	require.NoError(t, err)
	var gone *types.ResourceNotFoundException
	s.eventually(t, func() bool {
		_, err := api.GetEventSourceMapping(ctx, &lambda.GetEventSourceMappingInput{UUID: mapping})
		return errors.As(err, &gone)
	}, 20*time.Millisecond, "the mapping is gone")
	_, err = api.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: name})
	require.NoError(t, err)
	_, err = api.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: name})
	require.ErrorAs(t, err, &gone)
}

// terraformMapping makes a mapping, waits as Terraform does, and reads its tags.
func terraformMapping(t *testing.T, s *Server, f *lambda.CreateFunctionOutput) (uuid *string) {
	t.Helper()
	api, ctx := s.Lambda(), t.Context()
	s.eventually(t, func() bool {
		made, err := api.CreateEventSourceMapping(ctx, &lambda.CreateEventSourceMappingInput{FunctionName: f.FunctionArn,
			EventSourceArn: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/orders"), StartingPosition: types.EventSourcePositionLatest,
			Tags: map[string]string{"team": "shop"}})
		if err != nil {
			return false
		}
		uuid = made.UUID
		tags, err := api.ListTags(ctx, &lambda.ListTagsInput{Resource: made.EventSourceMappingArn})
		require.NoError(t, err)
		require.Equal(t, map[string]string{"team": "shop"}, tags.Tags)
		return true
	}, 50*time.Millisecond, "the mapping is made")
	s.eventually(t, func() bool {
		got, err := api.GetEventSourceMapping(ctx, &lambda.GetEventSourceMappingInput{UUID: uuid})
		return err == nil && *got.State == "Enabled"
	}, 20*time.Millisecond, "the mapping is enabled")
	return uuid
}

// TestCodeByRuntime has code of Python and Node run as the settings say.
func TestCodeByRuntime(t *testing.T) {
	t.Parallel()
	python, node := filepath.Dir(handlerScript(t, "python")), filepath.Dir(handlerScript(t, "node"))
	settings := filepath.Join(t.TempDir(), "sluice.yaml")
	require.NoError(t, os.WriteFile(settings, []byte("version: 1\nserver: {allow-exec: true}\nruntimes:\n"+
		"  python3.12: ["+python+"/venv/bin/python, -m, awslambdaric]\n  nodejs20.x: ["+node+"/node_modules/.bin/aws-lambda-ric]\n"), 0o600))
	s := Start(t, "--memory", "--config", settings)
	for kind, file := range map[string]string{"python3.12": "python/handler.py", "nodejs20.x": "node/handler.js"} {
		text, err := os.ReadFile(filepath.Join(Root(), "integration", "sdk", "handler", file))
		require.NoError(t, err)
		name := filepath.Dir(file)
		_, err = s.Lambda().CreateFunction(t.Context(), &lambda.CreateFunctionInput{FunctionName: &name, Role: aws.String("arn:aws:iam::000000000000:role/r"),
			Runtime: types.Runtime(kind), Handler: aws.String("handler.handle"), Timeout: aws.Int32(100),
			Code: &types.FunctionCode{ZipFile: zipped(t, filepath.Base(file), string(text))}})
		require.NoError(t, err)
		payload, failure, log := called(t, s, name, `{"value":"hello"}`)
		require.Empty(t, failure, payload+log)
		require.Equal(t, `"hello"`, payload)
	}
}
