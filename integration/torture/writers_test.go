package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	fh "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// writers are those who write during a round, each with one call in flight,
// until a call fails.
func (k *killing) writers(dice *rand.Rand) []func(context.Context) {
	var all []func(context.Context)
	for n := range 5 {
		all = append(all, func(ctx context.Context) { k.putRecords(ctx, fmt.Sprintf("r%d.%d", k.rounds, n), 1) })
	}
	large := 100 + dice.IntN(300)
	paced := rand.New(rand.NewPCG(dice.Uint64(), 11))
	all = append(all, func(ctx context.Context) {
		for n := 0; pause(ctx, paced) && k.putBatch(ctx, fmt.Sprintf("l%d", k.rounds), 1+n*large, large); n++ {
		}
	})
	for n := range 2 {
		size, scattered := 2+dice.IntN(30), 50+dice.IntN(200)
		paced := rand.New(rand.NewPCG(dice.Uint64(), 13))
		all = append(all,
			func(ctx context.Context) { k.putRecords(ctx, fmt.Sprintf("b%d.%d", k.rounds, n), size) },
			func(ctx context.Context) { k.scatter(ctx, paced, fmt.Sprintf("s%d.%d", k.rounds, n), scattered) },
			func(ctx context.Context) { k.checkpoint(ctx, fmt.Sprint("item-", n)) },
			func(ctx context.Context) { k.object(ctx, fmt.Sprintf("o%d", n)) },
			func(ctx context.Context) { k.deliver(ctx, fmt.Sprintf("h%d.%d", k.rounds, n)) },
		)
	}
	for _, w := range []func(context.Context, *rand.Rand){k.catalog, k.settle, k.retain, k.pipe, k.program, k.tell, k.flow, k.hasten} {
		paced := rand.New(rand.NewPCG(dice.Uint64(), 17))
		all = append(all, func(ctx context.Context) { w(ctx, paced) })
	}
	sharding := rand.New(rand.NewPCG(dice.Uint64(), 7)) // the dice themselves are not for many
	return append(all, k.control, func(ctx context.Context) { k.reshard(ctx, sharding) })
}

// pad makes records of some size.
func pad(name string) []byte {
	return []byte(name + "|" + strings.Repeat("x", len(name)*37%900))
}

// nameIn is what pad was given.
func nameIn(data []byte) string {
	name, _, _ := strings.Cut(string(data), "|")
	return name
}

// putRecords writes records, some at once.
func (k *killing) putRecords(ctx context.Context, writer string, size int) {
	for n := 1; ; n += size {
		if size == 1 {
			name := k.records.begin(writer, n)
			out, err := k.calls.kinesis.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String(streamName), PartitionKey: &writer, Data: pad(name)})
			if err != nil {
				return
			}
			k.records.ack(name, *out.ShardId, *out.SequenceNumber)
			continue
		}
		if !k.putBatch(ctx, writer, n, size) {
			return
		}
	}
}

// putBatch writes records at once, from the nth of a writer on.
func (k *killing) putBatch(ctx context.Context, writer string, n, size int) (ok bool) {
	names := make([]string, size)
	in := &kinesis.PutRecordsInput{StreamName: aws.String(streamName)}
	for i := range names {
		names[i] = k.records.begin(writer, n+i)
		in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: &writer, Data: pad(names[i])})
	}
	out, err := k.calls.kinesis.PutRecords(ctx, in)
	if err != nil {
		return false
	}
	for i, r := range out.Records {
		if k.calls.answers.hearRecord("Kinesis PutRecords", r.ErrorCode, r.ErrorMessage) {
			k.records.ack(names[i], *r.ShardId, *r.SequenceNumber)
		}
	}
	return true
}

// pause keeps writers of much from making rounds long. It reports false when
// the round is over.
func pause(ctx context.Context, dice *rand.Rand) bool {
	select {
	case <-time.After(time.Duration(dice.IntN(40)) * time.Millisecond):
		return true
	case <-ctx.Done():
		return false
	}
}

// scatter writes records over a stream of many shards, one of each key at once.
func (k *killing) scatter(ctx context.Context, dice *rand.Rand, writer string, size int) {
	for n := 1; pause(ctx, dice); n++ {
		names := make([]string, size)
		in := &kinesis.PutRecordsInput{StreamName: aws.String(wideName)}
		for i := range names {
			key := fmt.Sprint(writer, "/", i)
			names[i] = k.wide.begin(key, n)
			in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: &key, Data: pad(names[i])})
		}
		out, err := k.calls.kinesis.PutRecords(ctx, in)
		if err != nil {
			return
		}
		for i, r := range out.Records {
			if k.calls.answers.hearRecord("Kinesis PutRecords", r.ErrorCode, r.ErrorMessage) {
				k.wide.ack(names[i], *r.ShardId, *r.SequenceNumber)
			}
		}
	}
}

// checkpoint moves the counter of an item on, if nobody else has.
func (k *killing) checkpoint(ctx context.Context, id string) {
	for {
		was := k.values.get("item/" + id)
		n, _ := strconv.Atoi(was)
		next := strconv.Itoa(n + 1)
		in := &dynamodb.UpdateItemInput{
			TableName: aws.String(tableName), Key: map[string]ddb.AttributeValue{"id": &ddb.AttributeValueMemberS{Value: id}},
			UpdateExpression: aws.String("SET checkpoint = :n"), ConditionExpression: aws.String("attribute_not_exists(checkpoint) OR checkpoint = :o"),
			ExpressionAttributeValues: map[string]ddb.AttributeValue{":n": &ddb.AttributeValueMemberN{Value: next}, ":o": &ddb.AttributeValueMemberN{Value: strconv.Itoa(n)}},
		}
		err := k.values.change("item/"+id, next, func() error {
			_, err := k.calls.dynamodb.UpdateItem(ctx, in)
			return err
		})
		if err != nil {
			return
		}
	}
}

// object puts objects over each other, small and large, and removes some.
func (k *killing) object(ctx context.Context, prefix string) {
	for n := 1; ; n++ {
		key := fmt.Sprint(prefix, "-", n%7)
		if n%5 == 4 {
			err := k.objects.change(key, absent, func() error {
				_, err := k.calls.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(bucketName), Key: &key})
				return err
			})
			if err != nil {
				return
			}
			continue
		}
		value := fmt.Sprintf("%d.%d", k.rounds, n)
		body := strings.Repeat(value+" ", 100+n%4*12000)
		err := k.objects.change(key, value, func() error {
			_, err := k.calls.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucketName), Key: &key, Body: strings.NewReader(body)})
			return err
		})
		if err != nil {
			return
		}
	}
}

// deliver hands records to the delivery stream.
func (k *killing) deliver(ctx context.Context, writer string) {
	for n := 1; ; n += 3 {
		var names []string
		in := &firehose.PutRecordBatchInput{DeliveryStreamName: aws.String(hoseName)}
		for i := range 3 {
			names = append(names, k.hose.begin(writer, n+i))
			in.Records = append(in.Records, fh.Record{Data: append(pad(names[i]), '\n')})
		}
		out, err := k.calls.firehose.PutRecordBatch(ctx, in)
		if err != nil {
			return
		}
		for i, r := range out.RequestResponses {
			if k.calls.answers.hearRecord("Firehose PutRecordBatch", r.ErrorCode, r.ErrorMessage) {
				k.hose.ack(names[i], "", "")
			}
		}
	}
}

// control changes what is not records: tags, retention, streams, consumers.
func (k *killing) control(ctx context.Context) {
	for n := 1; ; n++ {
		value := fmt.Sprintf("%d.%d", k.rounds, n)
		err := k.values.change("tag/"+strconv.Itoa(n%4), value, func() error {
			_, err := k.calls.kinesis.AddTagsToStream(ctx, &kinesis.AddTagsToStreamInput{StreamName: aws.String(streamName), Tags: map[string]string{strconv.Itoa(n % 4): value}})
			return err
		})
		if err != nil {
			return
		}
		name := fmt.Sprint("stream-", n%3)
		next := absent
		if k.values.get("stream/"+name) == absent {
			next = "there"
		}
		err = k.values.change("stream/"+name, next, func() (err error) {
			if next == absent {
				_, err = k.calls.kinesis.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: &name, EnforceConsumerDeletion: aws.Bool(true)})
			} else {
				_, err = k.calls.kinesis.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(1)})
			}
			return err
		})
		if err != nil {
			return
		}
	}
}

// reshard splits a shard now and then, and merges what it finds beside each
// other, so that there are never many.
func (k *killing) reshard(ctx context.Context, dice *rand.Rand) {
	for range 3 {
		open, err := k.calls.openShards(ctx)
		if err != nil || len(open) == 0 {
			return
		}
		at := dice.IntN(len(open))
		if len(open) > 3 {
			at = max(at, 1)
			_, err = k.calls.kinesis.MergeShards(ctx, &kinesis.MergeShardsInput{StreamName: aws.String(streamName), ShardToMerge: open[at-1].ShardId, AdjacentShardToMerge: open[at].ShardId})
		} else {
			_, err = k.calls.kinesis.SplitShard(ctx, &kinesis.SplitShardInput{StreamName: aws.String(streamName), ShardToSplit: open[at].ShardId, NewStartingHashKey: middle(open[at])})
		}
		if err != nil {
			return
		}
	}
}
