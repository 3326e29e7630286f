package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
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
			require.NoError(t, err, "%s\n%s\n%s", tailOf(out), tailOf(talk.Bytes()), server.talk)
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
	parted := place("parted/!{partitionKeyFromQuery:c}/")
	parted.ErrorOutputPrefix, parted.BufferingHints = aws.String("failed/!{firehose:error-output-type}/"), &types.BufferingHints{SizeInMBs: aws.Int32(64), IntervalInSeconds: aws.Int32(1)}
	parted.DynamicPartitioningConfiguration = &types.DynamicPartitioningConfiguration{Enabled: aws.Bool(true)}
	parted.ProcessingConfiguration = &types.ProcessingConfiguration{Enabled: aws.Bool(true), Processors: []types.Processor{{Type: types.ProcessorTypeMetadataExtraction, Parameters: []types.ProcessorParameter{
		{ParameterName: types.ProcessorParameterNameMetadataExtractionQuery, ParameterValue: aws.String("{c:(. % 7)}")},
		{ParameterName: types.ProcessorParameterNameJsonParsingEngine, ParameterValue: aws.String("JQ-1.6")}}}}}
	_, err = hose.CreateDeliveryStream(ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("parted"), ExtendedS3DestinationConfiguration: parted})
	require.NoError(t, err)
	posted := newMoody(t)
	_, err = hose.CreateDeliveryStream(ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("posted"), HttpEndpointDestinationConfiguration: &types.HttpEndpointDestinationConfiguration{
		EndpointConfiguration: &types.HttpEndpointConfiguration{Url: &posted.url}, RetryOptions: &types.HttpEndpointRetryOptions{DurationInSeconds: aws.Int32(7200)},
		BufferingHints:  &types.HttpEndpointBufferingHints{SizeInMBs: aws.Int32(1), IntervalInSeconds: aws.Int32(0)},
		S3Configuration: &types.S3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String("arn:aws:s3:::lake"), Prefix: aws.String("unposted/")},
	}})
	require.NoError(t, err)
	written := 0
	for round := range 5 {
		for range 60 {
			data := fmt.Appendf(nil, "%d\n", written)
			for _, name := range []string{"parted", "posted"} {
				_, err := hose.PutRecord(ctx, &firehose.PutRecordInput{DeliveryStreamName: &name, Record: &types.Record{Data: data}})
				require.NoError(t, err)
			}
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
	for _, prefix := range []string{"direct/", "read/", "parted/", "posted"} {
		var seen map[string]int
		look := func() map[string]int { return objectLines(ctx, t, buckets, prefix) }
		if prefix == "posted" {
			look = func() map[string]int {
				assert.NoError(t, server.Advance(ctx, "10s")) // of pauses between attempts
				return posted.lines()
			}
		}
		server.eventually(t, func() bool { seen = look(); return len(seen) == written }, 200*time.Millisecond, "%s: %d records were written, and %v", prefix, written, lazily(func() any { return len(look()) }))
		twice := 0
		for _, times := range seen {
			twice += times - 1
		}
		t.Logf("%s: %d records, %d of them again", prefix, written, twice)
	}
}

// moody is an HTTP endpoint that takes one request in three, and of the others refuses some, and breaks some off after
// it has taken them.
type moody struct {
	url string

	mu    sync.Mutex
	asked int            // guarded by mu
	seen  map[string]int // guarded by mu
}

func newMoody(t *testing.T) *moody {
	m := &moody{seen: map[string]int{}}
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	m.url = server.URL
	return m
}

// ServeHTTP implements http.Handler.
func (m *moody) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		RequestID string                  `json:"requestId"`
		Records   []struct{ Data []byte } `json:"records"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	if m.asked%3 == 1 {
		http.Error(w, "<html>garbage</html>", http.StatusBadGateway)
		return
	}
	for _, record := range in.Records {
		for _, line := range strings.Fields(string(record.Data)) {
			m.seen[line]++
		}
	}
	if m.asked%3 == 2 {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"requestId": in.RequestID, "timestamp": 1})
}

func (m *moody) lines() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.seen)
}

// objectLines counts the lines of the objects under a prefix.
func objectLines(ctx context.Context, t *testing.T, buckets *s3.Client, prefix string) map[string]int {
	t.Helper()
	seen := map[string]int{}
	eachObject(ctx, t, buckets, prefix, func(body []byte) {
		for _, line := range strings.Fields(string(body)) {
			seen[line]++
		}
	})
	return seen
}

// eachObject reads the objects of the lake under a prefix.
func eachObject(ctx context.Context, t *testing.T, buckets *s3.Client, prefix string, visit func(body []byte)) {
	t.Helper()
	pages := s3.NewListObjectsV2Paginator(buckets, &s3.ListObjectsV2Input{Bucket: aws.String("lake"), Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		require.NoError(t, err)
		for _, o := range page.Contents {
			got, err := buckets.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("lake"), Key: o.Key})
			require.NoError(t, err)
			body, err := io.ReadAll(got.Body)
			require.NoError(t, err)
			visit(body)
		}
	}
}
