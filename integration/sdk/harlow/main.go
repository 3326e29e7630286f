// Command harlow reads a stream with harlow/kinesis-consumer, which sits on the first Go SDK, and prints one JSON line
// per record on stdout and one per closed shard. It runs until its standard input ends, and keeps its checkpoints in the
// table that SLUICE_TABLE names. The module is its own, so that an old SDK stays out of Sluice's.
package main

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"os"
	"sync"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/dynamodb"
	"github.com/aws/aws-sdk-go/service/kinesis"
	consumer "github.com/harlow/kinesis-consumer"
	"github.com/harlow/kinesis-consumer/store/ddb"
)

// line is what the test that started this program reads: a record, or the end of a shard.
type line struct {
	Shard  string `json:"shard"`
	Key    string `json:"key,omitempty"`
	Data   []byte `json:"data,omitempty"`
	Closed bool   `json:"closed,omitempty"`
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	made, err := session.NewSession(aws.NewConfig().WithEndpoint(os.Getenv("AWS_ENDPOINT_URL_KINESIS")))
	if err != nil {
		log.Fatal(err)
	}
	var printing sync.Mutex
	show := func(l line) error {
		printing.Lock()
		defer printing.Unlock()
		return json.NewEncoder(os.Stdout).Encode(l)
	}
	options := []consumer.Option{
		consumer.WithClient(kinesis.New(made)),
		consumer.WithShardIteratorType(kinesis.ShardIteratorTypeTrimHorizon),
		consumer.WithShardClosedHandler(func(_, shard string) error { return show(line{Shard: shard, Closed: true}) }),
	}
	if table := os.Getenv("SLUICE_TABLE"); table != "" {
		kept, err := ddb.New("app", table, ddb.WithDynamoClient(dynamodb.New(made)))
		if err != nil {
			log.Fatal(err)
		}
		defer func() { _ = kept.Shutdown() }() // writes the checkpoints that wait
		options = append(options, consumer.WithStore(kept))
	}
	reader, err := consumer.New(os.Getenv("SLUICE_STREAM"), options...)
	if err != nil {
		log.Fatal(err)
	}
	err = reader.Scan(ctx, func(record *consumer.Record) error {
		return show(line{Shard: record.ShardID, Key: aws.StringValue(record.PartitionKey), Data: record.Data})
	})
	if err != nil && ctx.Err() == nil {
		log.Fatal(err)
	}
}
