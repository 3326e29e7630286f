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

// Counts of step 2 and 3, the same in every program.
const (
	putOne  = 5
	putMany = 100
	tail    = 3
)

func (r *run) create(ctx context.Context) (int, error) {
	if _, err := r.client.CreateStream(ctx, &kinesis.CreateStreamInput{
		StreamName: &r.stream, ShardCount: aws.Int32(2),
	}); err != nil {
		return 0, err
	}
	describe := &kinesis.DescribeStreamInput{StreamName: &r.stream}
	if err := kinesis.NewStreamExistsWaiter(r.client).Wait(ctx, describe, 5*time.Minute); err != nil {
		return 0, err
	}
	answer, err := r.client.DescribeStream(ctx, describe)
	if err != nil {
		return 0, err
	}
	if answer.StreamDescription.StreamStatus != types.StreamStatusActive {
		return 0, errors.New("the stream is not ACTIVE after the waiter")
	}
	r.arn = *answer.StreamDescription.StreamARN
	return len(answer.StreamDescription.Shards), nil
}

func (r *run) putRecord(ctx context.Context, i int, key string, hash *string) (*kinesis.PutRecordOutput, error) {
	return r.client.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: &r.stream, Data: payload(i), PartitionKey: &key, ExplicitHashKey: hash,
	})
}

func (r *run) putBatch(ctx context.Context, from, to int, key func(int) string) error {
	input := &kinesis.PutRecordsInput{StreamName: &r.stream}
	for i := from; i < to; i++ {
		input.Records = append(input.Records, types.PutRecordsRequestEntry{
			Data: payload(i), PartitionKey: aws.String(key(i)),
		})
	}
	answer, err := r.client.PutRecords(ctx, input)
	if err != nil {
		return err
	}
	if *answer.FailedRecordCount != 0 || len(answer.Records) != to-from {
		return fmt.Errorf("%d records refused, %d entries", *answer.FailedRecordCount, len(answer.Records))
	}
	for n, entry := range answer.Records {
		r.sent[from+n] = put{*entry.ShardId, *entry.SequenceNumber}
	}
	return nil
}

func (r *run) put(ctx context.Context) (int, error) {
	key := func(i int) string { return fmt.Sprintf("key-%d", i) }
	for i := range putOne {
		answer, err := r.putRecord(ctx, i, key(i), nil)
		if err != nil {
			return 0, err
		}
		r.sent[i] = put{*answer.ShardId, *answer.SequenceNumber}
	}
	return putOne + putMany, r.putBatch(ctx, putOne, putOne+putMany, key)
}

// read gives all records from a new iterator to the tip of its shard.
func (r *run) read(ctx context.Context, input *kinesis.GetShardIteratorInput) ([]types.Record, error) {
	input.StreamName = &r.stream
	from, err := r.client.GetShardIterator(ctx, input)
	if err != nil {
		return nil, err
	}
	return r.readFrom(ctx, from.ShardIterator)
}

// readPause leaves a shard the five reads a second that it allows: the SDK tries three times, and when its two pauses
// happen to be short it gives up.
const readPause = 220 * time.Millisecond

func (r *run) readFrom(ctx context.Context, iterator *string) ([]types.Record, error) {
	var records []types.Record
	for iterator != nil {
		time.Sleep(readPause)
		answer, err := r.client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: iterator})
		if err != nil {
			return nil, err
		}
		records = append(records, answer.Records...)
		if len(answer.Records) == 0 && *answer.MillisBehindLatest == 0 {
			break
		}
		iterator = answer.NextShardIterator
	}
	return records, nil
}

func (r *run) readTrimHorizon(ctx context.Context) (int, error) {
	got := map[put]types.Record{}
	for _, shard := range []string{"shardId-000000000000", "shardId-000000000001"} {
		records, err := r.read(ctx, &kinesis.GetShardIteratorInput{
			ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
		})
		if err != nil {
			return 0, err
		}
		for _, record := range records {
			got[put{shard, *record.SequenceNumber}] = record
		}
	}
	for i, where := range r.sent {
		record := got[where]
		if err := checkPayload(record.Data, i); err != nil {
			return 0, err
		}
		if aws.ToString(record.PartitionKey) != fmt.Sprintf("key-%d", i) {
			return 0, fmt.Errorf("record %d came back with another key", i)
		}
	}
	return len(got), nil
}

// checkTail says whether records are exactly those from number first to the last one.
func checkTail(records []types.Record, first int) (int, error) {
	if len(records) != putOne+putMany+tail-first {
		return 0, fmt.Errorf("%d records", len(records))
	}
	for n, record := range records {
		if err := checkPayload(record.Data, first+n); err != nil {
			return 0, err
		}
	}
	return len(records), nil
}

func (r *run) readLatest(ctx context.Context) (int, error) {
	time.Sleep(1100 * time.Millisecond) // as in every program: the tail stands apart by more than a whole second
	r.home = r.sent[0].shard
	latest, err := r.client.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
		StreamName: &r.stream, ShardId: &r.home, ShardIteratorType: types.ShardIteratorTypeLatest,
	})
	if err != nil {
		return 0, err
	}
	for i := putOne + putMany; i < putOne+putMany+tail; i++ {
		answer, err := r.putRecord(ctx, i, "key-0", nil)
		if err != nil {
			return 0, err
		}
		r.sent[i] = put{*answer.ShardId, *answer.SequenceNumber}
	}
	if r.tailRecords, err = r.readFrom(ctx, latest.ShardIterator); err != nil {
		return 0, err
	}
	return checkTail(r.tailRecords, putOne+putMany)
}

func (r *run) readAtNumber(ctx context.Context) (int, error) {
	return r.readNumber(ctx, types.ShardIteratorTypeAtSequenceNumber, putOne+putMany)
}

func (r *run) readAfterNumber(ctx context.Context) (int, error) {
	return r.readNumber(ctx, types.ShardIteratorTypeAfterSequenceNumber, putOne+putMany+1)
}

func (r *run) readNumber(ctx context.Context, kind types.ShardIteratorType, first int) (int, error) {
	records, err := r.read(ctx, &kinesis.GetShardIteratorInput{
		ShardId: &r.home, ShardIteratorType: kind,
		StartingSequenceNumber: aws.String(r.sent[putOne+putMany].number),
	})
	if err != nil {
		return 0, err
	}
	return checkTail(records, first)
}

func (r *run) readTimestamp(ctx context.Context) (int, error) {
	if len(r.tailRecords) == 0 {
		return 0, errors.New("no record to take the time of")
	}
	records, err := r.read(ctx, &kinesis.GetShardIteratorInput{
		ShardId: &r.home, ShardIteratorType: types.ShardIteratorTypeAtTimestamp,
		Timestamp: r.tailRecords[0].ApproximateArrivalTimestamp,
	})
	if err != nil {
		return 0, err
	}
	return checkTail(records, putOne+putMany)
}
