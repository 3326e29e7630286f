package firehose

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"

	"sluice/internal/aggregate"
	"sluice/internal/arn"
	"sluice/internal/caller"
	"sluice/shards"
)

// stream makes a Kinesis stream that is active.
func (r *rig) stream(name string, count int32) string {
	r.t.Helper()
	_, err := r.kinesis.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: &count})
	require.NoError(r.t, err)
	r.clock.Step(time.Minute)
	return arn.ForStream(region, account, name).String()
}

func (r *rig) produce(name string, records ...string) {
	r.t.Helper()
	for _, text := range records {
		_, err := r.kinesis.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: &name, PartitionKey: aws.String("k-" + text), Data: []byte(text)})
		require.NoError(r.t, err)
	}
}

// from makes a delivery stream that reads a Kinesis stream.
func (r *rig) from(name, source string, edit func(*types.ExtendedS3DestinationConfiguration)) {
	r.t.Helper()
	c := &types.ExtendedS3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String(bucket), BufferingHints: hints(1, 60)}
	if edit != nil {
		edit(c)
	}
	_, err := r.CreateDeliveryStream(r.ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: &name, DeliveryStreamType: types.DeliveryStreamTypeKinesisStreamAsSource,
		KinesisStreamSourceConfiguration: &types.KinesisStreamSourceConfiguration{KinesisStreamARN: &source, RoleARN: aws.String(role)}, ExtendedS3DestinationConfiguration: c})
	require.NoError(r.t, err)
}

// bodies are the objects so far, by the beginning of their keys, joined.
func (r *rig) bodies(prefix string) (all string) {
	for _, o := range r.bucket.taken() {
		if len(o.Key) >= len(prefix) && o.Key[:len(prefix)] == prefix {
			all += string(o.Body)
		}
	}
	return all
}

func TestKinesisSource(t *testing.T) {
	t.Run("28 from creation on", func(t *testing.T) {
		r := newRig(t, func(r *rig) { r.after = 20 * time.Second })
		source := r.stream("in", 1)
		r.produce("in", "before")
		r.from("out", source, nil)
		r.produce("in", "[during]")
		require.Equal(t, types.DeliveryStreamStatusCreating, r.describe("out").DeliveryStreamStatus)
		r.clock.Step(30 * time.Second)
		r.produce("in", "[after]")
		r.pass(2 * time.Minute)
		require.Equal(t, "[during][after]", r.bodies(""))
	})
	t.Run("53 describe", func(t *testing.T) {
		r := newRig(t)
		source := r.stream("in", 1)
		made := r.clock.Now()
		r.from("out", source, nil)
		d := r.describe("out")
		require.Nil(t, d.DeliveryStreamEncryptionConfiguration)
		require.Equal(t, &types.SourceDescription{KinesisStreamSourceDescription: &types.KinesisStreamSourceDescription{
			KinesisStreamARN: &source, RoleARN: aws.String(role), DeliveryStartTimestamp: &made}}, d.Source)
		_, err := r.PutRecord(r.ctx, &firehose.PutRecordInput{DeliveryStreamName: aws.String("out"), Record: &types.Record{Data: []byte("x")}})
		requireFault(t, err, "InvalidArgumentException", "This operation is not permitted on KinesisStreamAsSource delivery stream type.")
	})
	t.Run("no such source", func(t *testing.T) {
		r := newRig(t)
		source := arn.ForStream(region, account, "none").String()
		_, err := r.CreateDeliveryStream(r.ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("out"), DeliveryStreamType: types.DeliveryStreamTypeKinesisStreamAsSource,
			KinesisStreamSourceConfiguration: &types.KinesisStreamSourceConfiguration{KinesisStreamARN: &source, RoleARN: aws.String(role)},
			S3DestinationConfiguration:       &types.S3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String(bucket)}})
		requireFault(t, err, "InvalidArgumentException", "Kinesis Stream none under account 111111111111 not found.")
	})
	t.Run("restart", func(t *testing.T) {
		r := newRig(t)
		r.from("out", r.stream("in", 2), nil)
		r.produce("in", "a", "b", "c")
		r.clock.Step(time.Second)
		r.reopen()
		r.produce("in", "d")
		require.NoError(t, r.Close())
		r.produce("in", "e")
		r.open()
		r.pass(2 * time.Minute)
		got := []byte(r.bodies(""))
		require.ElementsMatch(t, []byte("abcde"), got, "each once: nothing was killed")
	})
	t.Run("a source of another account", func(t *testing.T) {
		r := newRig(t)
		source := r.stream("in", 1)
		theirs := caller.With(t.Context(), caller.Caller{Account: "222222222222", Region: region})
		_, err := r.CreateDeliveryStream(theirs, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("spy"), DeliveryStreamType: types.DeliveryStreamTypeKinesisStreamAsSource,
			KinesisStreamSourceConfiguration:   &types.KinesisStreamSourceConfiguration{KinesisStreamARN: &source, RoleARN: aws.String(role)},
			ExtendedS3DestinationConfiguration: &types.ExtendedS3DestinationConfiguration{BucketARN: aws.String(bucket), RoleARN: aws.String(role)}})
		requireFault(t, err, "InvalidArgumentException", "Kinesis Stream in under account "+account+" not found.")
	})
	t.Run("source deleted and made again", func(t *testing.T) {
		r := newRig(t)
		r.from("out", r.stream("in", 1), nil)
		r.produce("in", "a")
		r.clock.Step(time.Second)
		_, err := r.kinesis.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("in")})
		require.NoError(t, err)
		r.pass(2 * time.Minute)
		require.Equal(t, types.DeliveryStreamStatusActive, r.describe("out").DeliveryStreamStatus)
		r.stream("in", 1)
		r.produce("in", "b")
		r.pass(5 * time.Minute)
		require.Equal(t, "a", r.bodies(""))
	})
}

// Children of a shard that was split are read after it, and a reader that
// sleeps costs a mover of the clock nothing.
func TestKinesisSourceOverReshards(t *testing.T) {
	r := newRig(t)
	source := r.stream("in", 1)
	r.from("out", source, nil)
	r.produce("in", "1", "2")
	_, err := r.kinesis.SplitShard(r.ctx, &kinesis.SplitShardInput{StreamARN: &source, ShardToSplit: aws.String("shardId-000000000000"),
		NewStartingHashKey: aws.String("170141183460469231731687303715884105728")})
	require.NoError(t, err)
	r.clock.Step(30 * time.Second)
	r.produce("in", "3", "4", "5", "6")
	r.pass(2 * time.Minute)
	got := r.bodies("")
	require.Equal(t, "12", got[:2])
	require.ElementsMatch(t, []byte("3456"), []byte(got[2:]))
	r.clock.Step(365 * 24 * time.Hour)
	r.produce("in", "7")
	r.pass(2 * time.Minute)
	require.Equal(t, "7", r.bodies(""))
}

// While limits are enforced a shard is read once a second, as the service does.
func TestKinesisSourceKeepsLimits(t *testing.T) {
	r := newRig(t, func(r *rig) { r.limits = shards.Limits{Enforced: true} })
	source := r.stream("in", 1)
	r.from("out", source, nil)
	for range 20 {
		r.produce("in", "x")
		r.clock.Step(100 * time.Millisecond)
	}
	r.pass(2 * time.Minute)
	require.Equal(t, "xxxxxxxxxxxxxxxxxxxx", r.bodies(""))
}

func TestKinesisSourceOpensAggregates(t *testing.T) {
	t.Run("29 an aggregate of three", kinesisSourceOpensAggregates)
}

func kinesisSourceOpensAggregates(t *testing.T) {
	r := newRig(t)
	source := r.stream("in", 1)
	var seen []call
	r.function = func(in call) (any, error) { seen = append(seen, in); return echo(in), nil }
	r.from("out", source, func(c *types.ExtendedS3DestinationConfiguration) {
		c.Prefix, c.ProcessingConfiguration = aws.String("good/"), lambda(nil)
		c.S3BackupMode = types.S3BackupModeEnabled
		c.S3BackupConfiguration = &types.S3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String(bucket), Prefix: aws.String("backup/")}
	})
	data := aggregate.Encode(aggregate.Record{PartitionKey: "p", Data: []byte("a")}, aggregate.Record{PartitionKey: "q", Data: []byte("b")}, aggregate.Record{PartitionKey: "p", Data: []byte("c")})
	put, err := r.kinesis.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamARN: &source, PartitionKey: aws.String("outer"), Data: data})
	require.NoError(t, err)
	r.pass(10 * time.Minute)
	objects := r.bucket.taken()
	require.Len(t, objects, 2, "three records in the primary object, three originals in the backup")
	for _, o := range objects {
		require.Equal(t, "abc", string(o.Body))
	}
	require.Len(t, seen, 1)
	require.Equal(t, source, seen[0].Source)
	for i, key := range []string{"p", "q", "p"} {
		require.Equal(t, callKinesis{Sequence: *put.SequenceNumber, Sub: i, Key: key, Shard: "shardId-000000000000", Arrival: seen[0].Records[i].Arrival}, *seen[0].Records[i].Kinesis)
	}
}
