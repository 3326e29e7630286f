package integration

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
)

// s3Client gives a client of the Go SDK for the bucket store on the same port.
func (s *Server) s3Client() *s3.Client {
	return s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(s.URL), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// TestChannelsBoto3 has boto3 create a channel, wait for it, write, and read the objects that were delivered.
func TestChannelsBoto3(t *testing.T) {
	t.Parallel()
	server := Start(t, "--memory", "--transition", "0")
	ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
	defer cancel()
	program, err := server.Program(ctx, "boto3", "", server.URL, "SLUICE_STREAM=channels-boto3", "PYTHONDONTWRITEBYTECODE=1")
	require.NoError(t, err)
	program.Path = filepath.Join(filepath.Dir(program.Path), "venv", "bin", "python")
	program.Args = []string{program.Path, filepath.Join(Root(), "integration", "sdk", "python", "channels_client.py")}
	var talk bytes.Buffer
	program.Stderr = &talk
	out, err := program.Output()
	require.NoError(t, err, "%s", tailOf(talk.Bytes()))
	var got struct {
		Status     string
		Put, Read  []struct{ N int }
		Dead, Keys []string
		Listed     []string
		Tags       []struct{ Key, Value string }
		Count      int
		Refused    string
		Gone       bool
	}
	require.NoError(t, json.Unmarshal(out, &got))
	require.Equal(t, "CREATING", got.Status)
	require.ElementsMatch(t, got.Put, got.Read)
	require.Len(t, got.Put, 200)
	require.Equal(t, []string{"InvalidJson"}, got.Dead)
	require.Len(t, got.Keys, 1)
	require.Regexp(t, `^data/channels-boto3/\d{4}/\d\d/\d\d/\d{4}-[0-9a-f-]{36}[.]json[.]gz$`, got.Keys[0])
	require.Equal(t, []string{"channels-boto3"}, got.Listed)
	require.Len(t, got.Tags, 1)
	require.Equal(t, 1, got.Count)
	require.Equal(t, "ResourceInUseException", got.Refused)
	require.True(t, got.Gone)
}

// TestChannelsOverKills writes through the Go SDK while the clock brings one delivery after the other and the server is
// killed in between. Every record that was acknowledged is in the bucket in the end.
func TestChannelsOverKills(t *testing.T) {
	t.Parallel()
	server := Start(t, "--transition", "0")
	ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
	defer cancel()
	client, buckets := server.SDK(), server.s3Client()
	_, err := buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("lake")})
	require.NoError(t, err)
	_, err = client.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String("a")})
	require.NoError(t, err)
	made, err := client.CreateChannel(ctx, channelToLake())
	require.NoError(t, err)
	require.Equal(t, types.ChannelStatusCreating, made.ChannelDescription.ChannelStatus)
	channel := made.ChannelDescription.ChannelARN

	w := &channelWriter{acknowledged: map[string]bool{}}
	for round := range 5 {
		w.write(ctx, t, client, 40)
		var deliveries sync.WaitGroup
		deliveries.Go(func() { _ = server.Advance(ctx, "6m") }) // cut off by the kill
		time.Sleep(time.Duration(round) * 3 * time.Millisecond)
		w.write(ctx, t, client, 3)
		server.Kill()
		deliveries.Wait()
		server.Restart()
	}
	w.write(ctx, t, client, 40)
	require.NoError(t, server.Advance(ctx, "20m"))

	out, err := client.DescribeChannel(ctx, &kinesis.DescribeChannelInput{ChannelARN: channel})
	require.NoError(t, err)
	require.Equal(t, types.ChannelStatusActive, out.ChannelDescription.ChannelStatus)
	require.Nil(t, out.ChannelDescription.ChannelStatusReason)
	read := readLake(ctx, t, buckets)
	twice := 0
	for payload := range w.acknowledged {
		require.Positive(t, read[payload], "record %s", payload)
		if read[payload] > 1 {
			twice++
		}
	}
	t.Logf("%d records acknowledged, %d delivered more than once", len(w.acknowledged), twice)
}

// channelToLake asks for a channel c of lines from stream a to bucket lake.
func channelToLake() *kinesis.CreateChannelInput {
	return &kinesis.CreateChannelInput{
		ChannelName: aws.String("c"), ServiceExecutionRoleARN: aws.String("arn:aws:iam::000000000000:role/delivery"),
		StreamConfigurationList: []types.ChannelStreamConfiguration{{
			StreamARN:           aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/a"),
			RecordConfiguration: &types.RecordConfiguration{RecordFormatType: types.RecordFormatTypeString}}},
		S3DestinationConfiguration: &types.S3DestinationConfiguration{StorageConfiguration: &types.S3StorageConfiguration{
			BucketARN: aws.String("arn:aws:s3:::lake"), ExpectedBucketOwner: aws.String("000000000000"),
			CompressionType: types.S3CompressionTypeGzip, StorageClass: types.S3StorageClassIntelligentTiering}},
	}
}

// channelWriter puts numbered lines and remembers what was acknowledged.
type channelWriter struct {
	n            int
	acknowledged map[string]bool
}

func (w *channelWriter) write(ctx context.Context, t *testing.T, client *kinesis.Client, calls int) {
	t.Helper()
	for range calls {
		var records []types.PutRecordsRequestEntry
		for range 10 {
			records = append(records, types.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprint(w.n)), Data: fmt.Append(nil, "line ", w.n)})
			w.n++
		}
		out, err := client.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: records})
		require.NoError(t, err)
		require.Zero(t, *out.FailedRecordCount)
		for _, r := range records {
			w.acknowledged[string(r.Data)] = true
		}
	}
}

// readLake reads all objects and counts their lines.
func readLake(ctx context.Context, t *testing.T, buckets *s3.Client) map[string]int {
	t.Helper()
	lines := map[string]int{}
	pages := s3.NewListObjectsV2Paginator(buckets, &s3.ListObjectsV2Input{Bucket: aws.String("lake"), Prefix: aws.String("kinesis-channel/c/")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		require.NoError(t, err)
		for _, item := range page.Contents {
			object, err := buckets.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("lake"), Key: item.Key})
			require.NoError(t, err)
			require.Equal(t, "INTELLIGENT_TIERING", string(object.StorageClass))
			unpacked, err := gzip.NewReader(object.Body)
			require.NoError(t, err)
			text, err := io.ReadAll(unpacked)
			require.NoError(t, err)
			require.NoError(t, object.Body.Close())
			for line := range strings.Lines(string(text)) {
				lines[strings.TrimSuffix(line, "\n")]++
			}
		}
	}
	return lines
}

// TestChannelsOverSnapshots: what waits is in a snapshot, and delivered after it was restored.
func TestChannelsOverSnapshots(t *testing.T) {
	t.Parallel()
	server := Start(t, "--memory", "--transition", "0")
	ctx := t.Context()
	client, buckets := server.SDK(), server.s3Client()
	require.NoError(t, server.admin(ctx, "/_sluice/clock", `{"freeze":true}`))
	_, err := buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("lake")})
	require.NoError(t, err)
	_, err = client.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String("a")})
	require.NoError(t, err)
	_, err = client.CreateChannel(ctx, channelToLake())
	require.NoError(t, err)
	w := &channelWriter{acknowledged: map[string]bool{}}
	w.write(ctx, t, client, 1)
	require.NoError(t, server.put(ctx, "/_sluice/snapshots/waiting"))
	require.NoError(t, server.Advance(ctx, "6m"))
	require.Len(t, readLake(ctx, t, buckets), 10)
	require.NoError(t, server.admin(ctx, "/_sluice/snapshots/waiting/restore", ``))
	// Time does not go back: what the snapshot had waiting is due by now.
	require.NoError(t, server.Advance(ctx, "1s"))
	read := readLake(ctx, t, buckets)
	require.Len(t, read, 10)
	for line, times := range read {
		require.Equal(t, 1, times, line)
	}
	w.write(ctx, t, client, 1)
	require.NoError(t, server.Advance(ctx, "6m"))
	require.Len(t, readLake(ctx, t, buckets), 20)
}
