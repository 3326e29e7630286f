package sluice_test

import (
	"context"
	"fmt"
	"log"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice"
)

// A program starts Sluice and talks to it with the SDK's own configuration.
func Example() {
	ctx := context.Background()
	s, err := sluice.Open(ctx, sluice.Config{
		Memory:  true,
		Listen:  []string{"localhost:0"},
		Streams: []sluice.StreamSeed{{Name: "orders", Shards: 2}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithBaseEndpoint(s.Endpoint()),
		config.WithRegion("us-east-1"),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
	if err != nil {
		log.Fatal(err)
	}
	client := kinesis.NewFromConfig(cfg)
	out, err := client.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: aws.String("orders"), PartitionKey: aws.String("customer-7"), Data: []byte("a book"),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*out.ShardId)
	// Output: shardId-000000000000
}

// A day of retention passes in a moment.
func TestADayPasses(t *testing.T) {
	s := sluice.RunT(t, sluice.WithStreams(sluice.StreamSeed{Name: "orders", Shards: 1}))
	client := kinesis.NewFromConfig(s.AWSConfig())
	ctx := t.Context()
	_, err := client.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: aws.String("orders"), PartitionKey: aws.String("k"), Data: []byte("yesterday"),
	})
	require.NoError(t, err)
	require.Len(t, oldest(t, client), 1)

	s.Clock().Step(24*time.Hour + time.Minute)
	require.Empty(t, oldest(t, client))
}

func oldest(t *testing.T, client *kinesis.Client) []types.Record {
	t.Helper()
	at, err := client.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{
		StreamName: aws.String("orders"), ShardId: aws.String("shardId-000000000000"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	require.NoError(t, err)
	out, err := client.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: at.ShardIterator})
	require.NoError(t, err)
	return out.Records
}
