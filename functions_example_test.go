package sluice_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"sluice"
)

// A function of this program reads a stream.
func ExampleSluice_RegisterFunction() {
	ctx := context.Background()
	s, err := sluice.Open(ctx, sluice.Config{
		Memory: true, Listen: []string{"127.0.0.1:0"},
		Streams:  []sluice.StreamSeed{{Name: "orders", Shards: 1}},
		Mappings: []sluice.MappingSeed{{Function: "ship", Stream: "orders"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = s.Close() }()

	// As in aws-lambda-go, whose events.KinesisEvent could stand here.
	type event struct {
		Records []struct{ Kinesis struct{ Data []byte } }
	}
	shipped := make(chan string)
	err = s.RegisterFunction("ship", func(_ context.Context, e event) error {
		for _, r := range e.Records {
			shipped <- string(r.Kinesis.Data)
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = kinesis.NewFromConfig(s.AWSConfig()).PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: aws.String("orders"), PartitionKey: aws.String("c-7"), Data: []byte("a book"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(<-shipped)
	// Output: a book
}
