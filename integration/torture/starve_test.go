package torture

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/integration"
)

// greedy is the account that takes what it can get, modest the other one.
const (
	greedy = "111111111111"
	modest = "222222222222"
	// starveLimit is what the server may use, for bodies 5/8 of it: six of the
	// largest requests. starveMost is what it takes in all.
	starveLimit = "192MiB"
	starveMost  = 400 << 10 // KiB
)

// TestNobodyStarves floods the program with the largest calls that are legal, and
// with subscriptions, all of one account. Another one goes on putting and getting,
// and gets an answer each time; the memory stays within its bound.
func TestNobodyStarves(t *testing.T) {
	server := integration.Start(t, "--transition", "0", "--data", t.TempDir(), "--memory-limit", starveLimit)
	ctx, stop := context.WithTimeout(t.Context(), 3*patience)
	defer stop()
	flood := &flood{client: accountAt(server.URL, greedy)}
	require.NoError(t, flood.prepare(ctx))
	flooding, dry := context.WithCancel(ctx)
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() { flood.put(flooding) })
		writers.Go(func() { flood.get(flooding) })
	}
	for n := range 5 {
		writers.Go(func() { flood.subscribe(flooding, n) })
	}
	other := accountAt(server.URL, modest)
	require.NoError(t, live(ctx, other, func(n int) bool { return n >= 8 && flood.answered.Load() >= 12 }))
	most := server.ResidentKiB()
	dry()
	writers.Wait()
	require.NoError(t, live(ctx, other, func(n int) bool { return n >= 5 }))
	t.Logf("%d calls of the greedy account answered, %d refused, meanwhile; %d MiB resident", flood.answered.Load(), flood.refused.Load(), most>>10)
	require.Less(t, most, starveMost)
}

// accountAt is a client of an account, which does not try twice.
func accountAt(url, account string) *kinesis.Client {
	c := newCalls(url, nil)
	o := c.kinesis.Options()
	o.Credentials = credentials.NewStaticCredentialsProvider(account, "test", "")
	return kinesis.New(o)
}

// live puts and gets in a stream of its own until it is enough. Nothing may fail.
func live(ctx context.Context, c *kinesis.Client, enough func(n int) bool) error {
	name := aws.String(fmt.Sprint("modest-", time.Now().UnixNano()))
	if _, err := c.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: name, ShardCount: aws.Int32(1)}); err != nil {
		return err
	}
	for n := 1; ; n++ {
		text := fmt.Sprint("record ", n)
		put, err := c.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: name, PartitionKey: aws.String("k"), Data: []byte(text)})
		if err != nil {
			return fmt.Errorf("put %d: %w", n, err)
		}
		at, err := c.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{StreamName: name, ShardId: put.ShardId,
			ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: put.SequenceNumber})
		if err != nil {
			return fmt.Errorf("ask for the iterator of %d: %w", n, err)
		}
		got, err := c.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: at.ShardIterator})
		if err != nil {
			return fmt.Errorf("get %d: %w", n, err)
		}
		if len(got.Records) != 1 || string(got.Records[0].Data) != text {
			return fmt.Errorf("%q is not what was got", text)
		}
		if enough(n) {
			return nil
		}
	}
}

// flood is what the greedy account does.
type flood struct {
	client            *kinesis.Client
	stream            *string
	consumers         []string
	answered, refused atomic.Int64
}

func (f *flood) prepare(ctx context.Context) error {
	f.stream = aws.String("flood")
	if _, err := f.client.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: f.stream, ShardCount: aws.Int32(4)}); err != nil {
		return err
	}
	about, err := f.client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: f.stream})
	if err != nil {
		return err
	}
	for n := range 5 {
		c, err := f.client.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{
			StreamARN: about.StreamDescriptionSummary.StreamARN, ConsumerName: aws.String(fmt.Sprint("consumer-", n)),
		})
		if err != nil {
			return err
		}
		f.consumers = append(f.consumers, *c.Consumer.ConsumerARN)
	}
	return nil
}

func (f *flood) note(err error) {
	if err != nil {
		f.refused.Add(1)
	} else {
		f.answered.Add(1)
	}
}

// put sends as much at once as a call may have.
func (f *flood) put(ctx context.Context) {
	in := &kinesis.PutRecordsInput{StreamName: f.stream}
	for i := range 10 {
		in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprint(i)), Data: make([]byte, 1000<<10)})
	}
	for ctx.Err() == nil {
		_, err := f.client.PutRecords(ctx, in)
		f.note(err)
	}
}

// get reads as much at once as there is.
func (f *flood) get(ctx context.Context) {
	for ctx.Err() == nil {
		at, err := f.client.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{StreamName: f.stream, ShardId: aws.String(shardName(0)),
			ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
		if err == nil {
			_, err = f.client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: at.ShardIterator})
		}
		f.note(err)
	}
}

// subscribe opens a subscription from the beginning and does not read it.
func (f *flood) subscribe(ctx context.Context, n int) {
	// Event streams of one client share a buffer, and would race for it.
	out, err := kinesis.New(f.client.Options()).SubscribeToShard(ctx, &kinesis.SubscribeToShardInput{ConsumerARN: &f.consumers[n%len(f.consumers)], ShardId: aws.String(shardName(n / len(f.consumers))),
		StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon}})
	f.note(err)
	if err != nil {
		return
	}
	<-ctx.Done()
	_ = out.GetStream().Close()
}
