package integration

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	firehosetypes "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
)

// benthos is one process, and the file with what it has read.
type benthos struct {
	*exec.Cmd
	read string
	talk *bytes.Buffer
}

// TestAllClientVersionsOfBenthos has the aws_kinesis input of Benthos, which is that of Redpanda Connect, read a stream
// in two processes that share its shards by a lease table: over a split, and one of them killed. It compiles for
// minutes, and is for `make test-clients`.
func TestAllClientVersionsOfBenthos(t *testing.T) {
	if os.Getenv("SLUICE_ALL_CLIENTS") == "" {
		t.Skip("run by make test-clients")
	}
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Minute)
	defer cancel()
	server := Start(t, "--memory", "--transition", "0")
	server.CreateStream(t, "orders", 2)
	folder := t.TempDir()
	start := func(name string) benthos {
		program, err := server.Program(ctx, "benthos", "", server.URL, "AWS_ENDPOINT_URL="+server.URL)
		require.NoError(t, err)
		program.Args = append(program.Args, "-c", filepath.Join(Root(), "integration", "sdk", "benthos", "input.yaml"))
		b := benthos{Cmd: program, read: filepath.Join(folder, name), talk: &bytes.Buffer{}}
		out, err := os.Create(b.read)
		require.NoError(t, err)
		program.Stdout, program.Stderr = out, b.talk
		require.NoError(t, program.Start())
		require.NoError(t, out.Close())
		return b
	}
	one := start("one")
	const each = 1000
	putNumbered(ctx, t, server, 0, each)
	await := func(what string, n int) {
		require.Eventually(t, func() bool { return len(numbersIn(t, folder)) == n }, 2*time.Minute, 100*time.Millisecond, "%s: %s", what, one.talk)
	}
	await("the first records", each)
	two := start("two")
	_, err := server.SDK().SplitShard(ctx, &kinesis.SplitShardInput{StreamName: aws.String("orders"), ShardToSplit: aws.String("shardId-000000000000"),
		NewStartingHashKey: aws.String("85070591730234615865843651857942052863")})
	require.NoError(t, err)
	putNumbered(ctx, t, server, each, 2*each)
	await("those after the split", 2*each)
	require.NoError(t, one.Process.Kill())
	_ = one.Wait()
	putNumbered(ctx, t, server, 2*each, 3*each)
	await("those after the kill", 3*each)
	require.NoError(t, two.Process.Signal(syscall.SIGTERM))
	require.NoError(t, two.Wait(), two.talk)
	row := Row{Client: "benthos", Version: "v4.27.0", Transport: "http", Step: "story", Result: "ok", Count: 3 * each}
	require.NoError(t, AddToReport("clients.json", []Row{row}))
}

// TestAllClientVersionsOfBenthosProducer has its aws_kinesis_firehose output write lines to a delivery stream. Each is
// in the bucket once.
func TestAllClientVersionsOfBenthosProducer(t *testing.T) {
	if os.Getenv("SLUICE_ALL_CLIENTS") == "" {
		t.Skip("run by make test-clients")
	}
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Minute)
	defer cancel()
	server := Start(t, "--memory", "--transition", "0")
	keys := credentials.NewStaticCredentialsProvider("test", "test", "")
	hose := firehose.New(firehose.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: keys})
	buckets := s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: keys, UsePathStyle: true})
	_, err := buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("lake")})
	require.NoError(t, err)
	_, err = hose.CreateDeliveryStream(ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("clicks"),
		ExtendedS3DestinationConfiguration: &firehosetypes.ExtendedS3DestinationConfiguration{
			RoleARN: aws.String("arn:aws:iam::000000000000:role/r"), BucketARN: aws.String("arn:aws:s3:::lake"), Prefix: aws.String("clicks/"),
			BufferingHints: &firehosetypes.BufferingHints{SizeInMBs: aws.Int32(1), IntervalInSeconds: aws.Int32(0)}}})
	require.NoError(t, err)
	const records = 5000
	var lines bytes.Buffer
	for i := range records {
		fmt.Fprintln(&lines, i)
	}
	program, err := server.Program(ctx, "benthos", "", server.URL, "AWS_ENDPOINT_URL="+server.URL)
	require.NoError(t, err)
	program.Args = append(program.Args, "-c", filepath.Join(Root(), "integration", "sdk", "benthos", "output.yaml"))
	program.Stdin = &lines
	talk, err := program.CombinedOutput()
	require.NoError(t, err, "%s", talk)
	var seen map[string]int
	require.Eventually(t, func() bool {
		seen = objectLines(ctx, t, buckets, "clicks/")
		return len(seen) == records
	}, time.Minute, 100*time.Millisecond, "%s", talk)
	for line, times := range seen {
		require.Equal(t, 1, times, line)
	}
	row := Row{Client: "benthos", Version: "v4.27.0", Transport: "http", Step: "firehose", Result: "ok", Count: records}
	require.NoError(t, AddToReport("clients.json", []Row{row}))
}

func putNumbered(ctx context.Context, t *testing.T, server *Server, from, to int) {
	t.Helper()
	for at := from; at < to; at += 100 {
		in := &kinesis.PutRecordsInput{StreamName: aws.String("orders")}
		for i := range 100 {
			in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprint("k", at+i)), Data: fmt.Append(nil, "n", at+i)})
		}
		out, err := server.SDK().PutRecords(ctx, in)
		require.NoError(t, err)
		require.Zero(t, *out.FailedRecordCount)
	}
}

// numbersIn counts how often each line stands in the files of a folder.
func numbersIn(t *testing.T, folder string) map[string]int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	seen := map[string]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, line := range strings.Fields(string(text)) {
			seen[line]++
		}
	}
	return seen
}
