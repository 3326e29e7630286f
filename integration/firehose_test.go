package integration

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
)

// TestDeliveryStreamClients has clients make a delivery stream, put records, and read them back from the bucket.
func TestDeliveryStreamClients(t *testing.T) {
	t.Parallel()
	for _, program := range []struct{ client, script string }{{"boto3", "firehose_client.py"}, {"awscli", "firehose_awscli.py"}, {"js", "firehose.cjs"},
		{"java-sync", "DeliveryStreams"}, {"java-async", "DeliveryStreams"}} {
		t.Run(program.client, func(t *testing.T) {
			server := Start(t, "--memory")
			ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
			defer cancel()
			command, err := server.Program(ctx, program.client, "", server.URL, "SLUICE_STREAM=hose", "SLUICE_PROGRAM="+program.script, "AWS_ENDPOINT_URL="+server.URL)
			require.NoError(t, err)
			var talk bytes.Buffer
			command.Stderr = &talk
			out, err := command.Output()
			require.NoError(t, err, "%s\n%.3000s\n%.3000s", out, talk.Bytes(), server.Log())
		})
	}
}

// TestDeliveryOverKills writes directly and to a source stream while the server is killed and started again. Every
// record that was acknowledged is in the bucket; what was being copied when the server was killed may be there twice.
func TestDeliveryOverKills(t *testing.T) {
	t.Parallel()
	server := Start(t, "--transition", "0", "--limits", "off")
	ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
	defer cancel()
	keys := credentials.NewStaticCredentialsProvider("test", "test", "")
	hose := firehose.New(firehose.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: keys})
	buckets := s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: keys, UsePathStyle: true})
	streams := server.SDK()
	_, err := buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("lake")})
	require.NoError(t, err)
	_, err = streams.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String("in"), ShardCount: aws.Int32(2)})
	require.NoError(t, err)
	const role = "arn:aws:iam::000000000000:role/r"
	place := func(prefix string) *types.ExtendedS3DestinationConfiguration {
		return &types.ExtendedS3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String("arn:aws:s3:::lake"), Prefix: &prefix,
			BufferingHints: &types.BufferingHints{SizeInMBs: aws.Int32(1), IntervalInSeconds: aws.Int32(0)}}
	}
	_, err = hose.CreateDeliveryStream(ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("direct"), ExtendedS3DestinationConfiguration: place("direct/")})
	require.NoError(t, err)
	_, err = hose.CreateDeliveryStream(ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("read"), ExtendedS3DestinationConfiguration: place("read/"),
		DeliveryStreamType: types.DeliveryStreamTypeKinesisStreamAsSource, KinesisStreamSourceConfiguration: &types.KinesisStreamSourceConfiguration{
			KinesisStreamARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/in"), RoleARN: aws.String(role)}})
	require.NoError(t, err)
	written := 0
	for round := range 5 {
		for range 60 {
			data := fmt.Appendf(nil, "%d\n", written)
			_, err := hose.PutRecord(ctx, &firehose.PutRecordInput{DeliveryStreamName: aws.String("direct"), Record: &types.Record{Data: data}})
			require.NoError(t, err)
			_, err = streams.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String("in"), PartitionKey: aws.String(string(data)), Data: data})
			require.NoError(t, err)
			written++
		}
		time.Sleep(time.Duration(round) * 10 * time.Millisecond)
		server.Kill()
		server.Restart()
	}
	for _, prefix := range []string{"direct/", "read/"} {
		var seen map[string]int
		require.Eventually(t, func() bool { seen = objectLines(ctx, t, buckets, prefix); return len(seen) == written }, time.Minute, 200*time.Millisecond)
		twice := 0
		for _, times := range seen {
			twice += times - 1
		}
		t.Logf("%s: %d records, %d of them again", prefix, written, twice)
	}
}

// objectLines counts the lines of the objects under a prefix.
func objectLines(ctx context.Context, t *testing.T, buckets *s3.Client, prefix string) map[string]int {
	t.Helper()
	seen := map[string]int{}
	pages := s3.NewListObjectsV2Paginator(buckets, &s3.ListObjectsV2Input{Bucket: aws.String("lake"), Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		require.NoError(t, err)
		for _, o := range page.Contents {
			got, err := buckets.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("lake"), Key: o.Key})
			require.NoError(t, err)
			body, err := io.ReadAll(got.Body)
			require.NoError(t, err)
			for _, line := range strings.Fields(string(body)) {
				seen[line]++
			}
		}
	}
	return seen
}
