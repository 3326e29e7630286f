package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func (r *run) consumer(ctx context.Context) (int, error) {
	registered, err := r.client.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{
		StreamARN: &r.arn, ConsumerName: aws.String("fan"),
	})
	if err != nil {
		return 0, err
	}
	r.consumerARN = *registered.Consumer.ConsumerARN
	for {
		described, err := r.client.DescribeStreamConsumer(ctx, &kinesis.DescribeStreamConsumerInput{
			ConsumerARN: &r.consumerARN,
		})
		if err != nil {
			return 0, err
		}
		if described.ConsumerDescription.ConsumerStatus == types.ConsumerStatusActive {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	listed, err := r.client.ListStreamConsumers(ctx, &kinesis.ListStreamConsumersInput{StreamARN: &r.arn})
	if err != nil {
		return 0, err
	}
	return len(listed.Consumers), nil
}

func (r *run) subscribe(ctx context.Context) (int, error) {
	if r.openShard.ShardId == nil {
		return 0, errors.New("no open shard to subscribe to")
	}
	answer, err := r.client.SubscribeToShard(ctx, &kinesis.SubscribeToShardInput{
		ConsumerARN: &r.consumerARN, ShardId: r.openShard.ShardId,
		StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest},
	})
	if err != nil {
		return 0, err
	}
	stream := answer.GetStream()
	defer stream.Close()
	for i := range 10 {
		if _, err := r.putRecord(ctx, i, "fan", r.openShard.HashKeyRange.StartingHashKey); err != nil {
			return 0, err
		}
	}
	got := 0
	for event := range stream.Events() {
		data := event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
		if aws.ToString(data.ContinuationSequenceNumber) == "" {
			return 0, errors.New("an event without continuation")
		}
		for _, record := range data.Records {
			if err := checkPayload(record.Data, got); err != nil {
				return 0, err
			}
			got++
		}
		if got >= 10 {
			return got, nil
		}
	}
	return 0, fmt.Errorf("the events ended after %d records: %w", got, stream.Err())
}
