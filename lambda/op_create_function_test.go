package lambda

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"
)

// objects is a bucket with one object.
type objects struct{ raw []byte }

func (o objects) GetObject(_ context.Context, _, bucket, key string) ([]byte, error) {
	if bucket != "b" || key != "k" {
		return nil, errors.New("no such key")
	}
	return o.raw, nil
}

func TestCreateFunction(t *testing.T) {
	t.Run("the answer to a bare request", func(t *testing.T) {
		r := open(t)
		out := r.function("ingest")
		raw := archive("bootstrap", "#!")
		sum := sha256.Sum256(raw)
		require.Equal(t, "ingest", *out.FunctionName)
		require.Equal(t, ingestARN, *out.FunctionArn)
		require.Equal(t, testRole, *out.Role)
		require.Equal(t, "$LATEST", *out.Version)
		require.Equal(t, int32(3), *out.Timeout)
		require.Equal(t, int32(128), *out.MemorySize)
		require.Equal(t, int64(len(raw)), out.CodeSize)
		require.Equal(t, base64.StdEncoding.EncodeToString(sum[:]), *out.CodeSha256)
		require.Equal(t, types.StateActive, out.State)
		require.Equal(t, types.LastUpdateStatusSuccessful, out.LastUpdateStatus)
		require.Equal(t, types.PackageTypeZip, out.PackageType)
		require.Equal(t, []types.Architecture{types.ArchitectureX8664}, out.Architectures)
		require.Equal(t, int32(512), *out.EphemeralStorage.Size)
		require.Equal(t, types.TracingModePassThrough, out.TracingConfig.Mode)
		require.Equal(t, "2026-11-20T10:00:00.000+0000", *out.LastModified)
		require.Equal(t, "/aws/lambda/ingest", *out.LoggingConfig.LogGroup)
		require.Len(t, *out.RevisionId, 36)
		require.Nil(t, out.Environment)
		require.Nil(t, out.VpcConfig)
	})
	t.Run("refusals", testCreateFunctionRefusals)
	t.Run("everything given, over a restart", testWholeFunction)
	t.Run("published at once", func(t *testing.T) {
		r := open(t)
		in := functionOf("ingest")
		in.Publish = true
		out, err := r.CreateFunction(r.ctx, in)
		require.NoError(t, err)
		require.Equal(t, "1", *out.Version)
		list, err := r.ListVersionsByFunction(r.ctx, &lambda.ListVersionsByFunctionInput{FunctionName: aws.String("ingest")})
		require.NoError(t, err)
		require.Len(t, list.Versions, 2)
	})
	t.Run("an image", func(t *testing.T) {
		r := open(t)
		out, err := r.CreateFunction(r.ctx, &lambda.CreateFunctionInput{FunctionName: aws.String("i"), Role: aws.String(testRole),
			PackageType: types.PackageTypeImage, Code: &types.FunctionCode{ImageUri: aws.String("repo/image:1")}})
		require.NoError(t, err)
		require.Equal(t, types.PackageTypeImage, out.PackageType)
		got, err := r.GetFunction(r.ctx, &lambda.GetFunctionInput{FunctionName: aws.String("i")})
		require.NoError(t, err)
		require.Equal(t, "repo/image:1", *got.Code.ImageUri)
	})
	t.Run("code from a bucket", func(t *testing.T) {
		r := open(t, func(c *Config) { c.Objects = objects{archive("bootstrap", "from a bucket")} })
		in := functionOf("ingest")
		in.Code = &types.FunctionCode{S3Bucket: aws.String("b"), S3Key: aws.String("k")}
		out, err := r.CreateFunction(r.ctx, in)
		require.NoError(t, err)
		require.NotZero(t, out.CodeSize)
		in = functionOf("second")
		in.Code = &types.FunctionCode{S3Bucket: aws.String("b"), S3Key: aws.String("x")}
		_, err = r.CreateFunction(r.ctx, in)
		requireError(t, err, codeParameter, "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.")
	})
	t.Run("the zip can be fetched", func(t *testing.T) {
		r := open(t)
		in := functionOf("ingest")
		in.Code.ZipFile = archive("bootstrap", string(noise(3<<20)))
		_, err := r.CreateFunction(r.ctx, in)
		require.NoError(t, err)
		r.restart()
		out, err := r.GetFunction(r.ctx, &lambda.GetFunctionInput{FunctionName: aws.String("ingest")})
		require.NoError(t, err)
		path, ok := strings.CutPrefix(*out.Code.Location, "http://127.0.0.1:4566")
		require.True(t, ok, *out.Code.Location)
		answer := httptest.NewRecorder()
		r.ServeCode(answer, httptest.NewRequest(http.MethodGet, path, nil))
		require.Equal(t, in.Code.ZipFile, answer.Body.Bytes())
		for _, path := range []string{"/lambda-code/", "/lambda-code/x", path + "x"} {
			answer = httptest.NewRecorder()
			r.ServeCode(answer, httptest.NewRequest(http.MethodGet, path, nil))
			require.Equal(t, http.StatusNotFound, answer.Code)
		}
	})
	t.Run("a zip that nothing points at is swept", func(t *testing.T) {
		r := open(t)
		r.function("ingest")
		c := fresh("x")
		require.NoError(t, r.putCode(r.ctx, &c, archive("bootstrap", "x")))
		r.restart()
		left, err := r.code(r.ctx, c.Code)
		require.NoError(t, err)
		require.Empty(t, left)
		f, err := r.Room.function(reference{Key: functionKey{testAccount, testRegion, "ingest"}})
		require.NoError(t, err)
		f.mu.Unlock()
		left, err = r.code(r.ctx, f.now.Latest.Code)
		require.NoError(t, err)
		require.NotEmpty(t, left)
	})
}

// noise is data that does not shrink.
func noise(n int) []byte {
	out, x := make([]byte, n), uint64(1)
	for i := range out {
		x = x*6364136223846793005 + 1442695040888963407
		out[i] = byte(x >> 56)
	}
	return out
}

func functionOf(name string) *lambda.CreateFunctionInput {
	return &lambda.CreateFunctionInput{FunctionName: &name, Role: aws.String(testRole), Runtime: types.RuntimeProvidedal2023,
		Handler: aws.String("bootstrap"), Code: &types.FunctionCode{ZipFile: archive("bootstrap", "#!")}}
}

func testCreateFunctionRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(in *lambda.CreateFunctionInput)
		text   string
	}{
		{"no code", func(in *lambda.CreateFunctionInput) { in.Code = &types.FunctionCode{} }, "Please provide a source for function code."},
		{"two codes", func(in *lambda.CreateFunctionInput) { in.Code.S3Bucket = aws.String("b") }, "Please do not provide other FunctionCode parameters when providing a ZipFile."},
		{"no runtime", func(in *lambda.CreateFunctionInput) { in.Runtime = "" }, "Runtime and Handler are mandatory parameters for functions created with deployment packages."},
		{"no handler", func(in *lambda.CreateFunctionInput) { in.Handler = nil }, "Runtime and Handler are mandatory parameters for functions created with deployment packages."},
		{"an empty zip", func(in *lambda.CreateFunctionInput) { in.Code.ZipFile = archive() }, "Uploaded file must be a non-empty zip"},
		{"an empty file", func(in *lambda.CreateFunctionInput) { in.Code.ZipFile = []byte{} }, "Uploaded file must be a non-empty zip"},
		{"no zip", func(in *lambda.CreateFunctionInput) { in.Code.ZipFile = []byte("PK, but no zip") },
			"Could not unzip uploaded file. Please check your file, then try to upload again."},
		{"a bucket that is not there", func(in *lambda.CreateFunctionInput) {
			in.Code = &types.FunctionCode{S3Bucket: aws.String("b"), S3Key: aws.String("k")}
		}, "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist"},
		{"a runtime for an image", func(in *lambda.CreateFunctionInput) { in.PackageType = types.PackageTypeImage }, "Runtime is not supported for functions created with container images."},
		{"tenants", func(in *lambda.CreateFunctionInput) { in.TenancyConfig = &types.TenancyConfig{} }, "Sluice does not support TenancyConfig; leave it out."},
		{"capacity providers", func(in *lambda.CreateFunctionInput) { in.CapacityProviderConfig = &types.CapacityProviderConfig{} },
			"Sluice does not support CapacityProviderConfig; leave it out."},
		{"durable functions", func(in *lambda.CreateFunctionInput) { in.DurableConfig = &types.DurableConfig{} }, "Sluice does not support DurableConfig; leave it out."},
		{"PublishTo", func(in *lambda.CreateFunctionInput) { in.PublishTo = "LATEST_PUBLISHED" }, "Sluice does not support PublishTo; leave it out."},
		{"51 tags", func(in *lambda.CreateFunctionInput) { in.Tags = someTags(51) }, "Number of tags exceeds resource tag limit."},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := open(t)
			in := functionOf("ingest")
			c.change(in)
			_, err := r.CreateFunction(r.ctx, in)
			requireError(t, err, codeParameter, c.text)
			_, err = r.GetFunction(r.ctx, &lambda.GetFunctionInput{FunctionName: aws.String("ingest")})
			require.Equal(t, codeMissing, codeOf(err), "nothing was changed")
		})
	}
	t.Run("twice", func(t *testing.T) {
		r := open(t)
		r.function("ingest")
		_, err := r.CreateFunction(r.ctx, functionOf("ingest"))
		requireError(t, err, codeConflict, "Function already exist: ingest")
	})
}

func testWholeFunction(t *testing.T) {
	r := open(t)
	in := functionOf("whole")
	in.Description, in.Timeout, in.MemorySize = aws.String("d"), aws.Int32(900), aws.Int32(10240)
	in.Environment = &types.Environment{Variables: map[string]string{"A": "b"}}
	in.Layers = []string{"arn:aws:lambda:eu-west-1:000000000000:layer:l:1"}
	in.TracingConfig = &types.TracingConfig{Mode: types.TracingModeActive}
	in.DeadLetterConfig = &types.DeadLetterConfig{TargetArn: aws.String("arn:aws:sqs:eu-west-1:000000000000:dead")}
	in.VpcConfig = &types.VpcConfig{SubnetIds: []string{"subnet-1"}, SecurityGroupIds: []string{"sg-1"}}
	in.EphemeralStorage = &types.EphemeralStorage{Size: aws.Int32(1024)}
	in.SnapStart = &types.SnapStart{ApplyOn: types.SnapStartApplyOnPublishedVersions}
	in.LoggingConfig = &types.LoggingConfig{LogFormat: types.LogFormatJson, LogGroup: aws.String("g")}
	in.FileSystemConfigs = []types.FileSystemConfig{{Arn: aws.String("arn:aws:elasticfilesystem:eu-west-1:000000000000:access-point/fsap-1"), LocalMountPath: aws.String("/mnt/x")}}
	in.Architectures = []types.Architecture{types.ArchitectureArm64}
	in.KMSKeyArn = aws.String("arn:aws:kms:eu-west-1:000000000000:key/k")
	in.Tags = map[string]string{"a": "b"}
	_, err := r.CreateFunction(r.ctx, in)
	require.NoError(t, err)
	r.restart()
	out, err := r.GetFunction(r.ctx, &lambda.GetFunctionInput{FunctionName: aws.String("whole")})
	require.NoError(t, err)
	c := out.Configuration
	require.Equal(t, in.Description, c.Description)
	require.Equal(t, in.Timeout, c.Timeout)
	require.Equal(t, in.MemorySize, c.MemorySize)
	require.Equal(t, in.Environment.Variables, c.Environment.Variables)
	require.Equal(t, in.Layers[0], *c.Layers[0].Arn)
	require.Equal(t, types.TracingModeActive, c.TracingConfig.Mode)
	require.Equal(t, in.DeadLetterConfig, c.DeadLetterConfig)
	require.Equal(t, in.VpcConfig.SubnetIds, c.VpcConfig.SubnetIds)
	require.Equal(t, in.VpcConfig.SecurityGroupIds, c.VpcConfig.SecurityGroupIds)
	require.Equal(t, in.EphemeralStorage, c.EphemeralStorage)
	require.Equal(t, types.SnapStartApplyOnPublishedVersions, c.SnapStart.ApplyOn)
	require.Equal(t, types.ApplicationLogLevelInfo, c.LoggingConfig.ApplicationLogLevel)
	require.Equal(t, in.FileSystemConfigs, c.FileSystemConfigs)
	require.Equal(t, in.Architectures, c.Architectures)
	require.Equal(t, in.KMSKeyArn, c.KMSKeyArn)
	require.Equal(t, in.Tags, out.Tags)
}
