package integration

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"
)

// TestBucketClients runs S3 clients with their default settings, but for the path style where names of hosts lead nowhere.
func TestBucketClients(t *testing.T) {
	t.Parallel()
	server := Start(t)
	for _, program := range []struct{ client, script string }{{"boto3", "s3_boto3.py"}, {"awscli", "s3_awscli.py"}, {"js", "s3.cjs"},
		{"java-sync", "Buckets"}, {"java-async", "Buckets"}} {
		for transport, url := range map[string]string{"http": server.URL, "https": server.SecureURL} {
			t.Run(program.client+" "+transport, func(t *testing.T) {
				command, err := server.Program(t.Context(), program.client, "", url, "SLUICE_PROGRAM="+program.script,
					"AWS_ENDPOINT_URL_S3="+url, "SLUICE_BUCKET="+program.client+"-"+transport)
				require.NoError(t, err)
				out, err := command.CombinedOutput()
				require.NoError(t, err, "%s", out)
				require.Contains(t, string(out), "all well")
			})
		}
	}
	for transport, url := range map[string]string{"http": server.URL, "https": server.SecureURL} {
		t.Run("go "+transport, func(t *testing.T) { bucketStory(t, server, url, "go-"+transport) })
	}
}

// bucketStory is what the Go SDK does, its settings at their defaults.
func bucketStory(t *testing.T, server *Server, url, bucket string) {
	ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
	defer cancel()
	client := s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: &url, UsePathStyle: true, HTTPClient: trusting(t, server),
		// As aws/config has it, which is what programs use.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket})
	require.NoError(t, err)
	body := make([]byte, 6<<20)
	_, _ = rand.Read(body)
	key := "a b/ü+&=%/key"
	put, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(body), Metadata: map[string]string{"colour": "blue"}})
	require.NoError(t, err)
	require.NotEmpty(t, aws.ToString(put.ChecksumCRC32), "the default of the SDK")
	read := func(key string) []byte {
		out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key, ChecksumMode: types.ChecksumModeEnabled})
		require.NoError(t, err)
		defer out.Body.Close()
		all, err := io.ReadAll(out.Body) // fails when the checksum does not fit
		require.NoError(t, err)
		return all
	}
	require.Equal(t, body, read(key))
	if strings.HasPrefix(url, "https") { // over TLS a body need not be sought in
		_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("streamed"), Body: io.MultiReader(bytes.NewReader(body)), ContentLength: aws.Int64(int64(len(body)))})
		require.NoError(t, err)
		require.Equal(t, body, read("streamed"))
	}
	upload, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: aws.String("parts")})
	require.NoError(t, err)
	var parts []types.CompletedPart
	for i, part := range [][]byte{body[:5<<20], body[5<<20:]} {
		number := aws.Int32(int32(i + 1))
		out, err := client.UploadPart(ctx, &s3.UploadPartInput{Bucket: &bucket, Key: aws.String("parts"), UploadId: upload.UploadId, PartNumber: number, Body: bytes.NewReader(part)})
		require.NoError(t, err)
		parts = append(parts, types.CompletedPart{PartNumber: number, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32})
	}
	_, err = client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: &bucket, Key: aws.String("parts"), UploadId: upload.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
	require.NoError(t, err)
	require.Equal(t, body, read("parts"))

	signed, err := s3.NewPresignClient(client).PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, signed.URL, nil)
	require.NoError(t, err)
	answer, err := Send(trusting(t, server), request)
	require.NoError(t, err)
	require.Equal(t, body, answer.Body)

	var keys []string
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket, MaxKeys: aws.Int32(1)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		require.NoError(t, err)
		for _, o := range page.Contents {
			keys = append(keys, *o.Key)
		}
	}
	require.Contains(t, keys, key)
	var doomed []types.ObjectIdentifier
	for _, k := range keys {
		doomed = append(doomed, types.ObjectIdentifier{Key: aws.String(k)})
	}
	_, err = client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &bucket, Delete: &types.Delete{Objects: doomed}})
	require.NoError(t, err)
	_, err = client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	var missing *types.NoSuchKey
	require.True(t, errors.As(err, &missing), "%v", err)
	require.NoError(t, s3.NewBucketExistsWaiter(client).Wait(ctx, &s3.HeadBucketInput{Bucket: &bucket}, time.Minute))
	_, err = client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &bucket})
	require.NoError(t, err)
}

// trusting is an HTTP client that trusts the server's own authority.
func trusting(t *testing.T, server *Server) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(server.CAFile)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pem))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
