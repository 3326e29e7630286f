package shards

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"sluice/delivery"
	"sluice/internal/caller"
	"sluice/internal/quick"
)

const freshness = 300 * time.Second

func TestDelivery(t *testing.T) {
	t.Run("what arrives is delivered when it is 300 seconds old", func(t *testing.T) {
		b := newBuckets("lake")
		r := open(t).delivers(b)
		r.createOnDemand("a")
		r.say("a", "before")
		arn := r.channel("c", "a")
		r.say("a", "1")
		r.clock.Step(time.Second)
		r.say("a", "2", "3")
		r.clock.Step(freshness - time.Second - time.Millisecond)
		require.Empty(t, b.in("lake"))
		r.clock.Step(time.Millisecond)
		objects := b.in("lake")
		require.Len(t, objects, 1)
		require.ElementsMatch(t, []string{"1", "2", "3"}, strings.Fields(string(objects[0].Body)), "records from before the channel are not delivered")
		id := *r.describeChannel(arn).ChannelId
		require.Regexp(t, "^kinesis-channel/c/"+id+"/2026/11/20/10/c-"+id+"-2026-11-20-10-00-[0-9a-f-]{36}$", objects[0].Key)
		require.Equal(t, "text/plain; charset=utf-8", objects[0].ContentType)
		require.Equal(t, "STANDARD", objects[0].Class)
		require.Equal(t, delivery.Place{Account: testAccount, Region: testRegion, Bucket: "lake", Owner: testAccount}, objects[0].Place)
		r.clock.Step(time.Hour)
		require.Len(t, b.in("lake"), 1, "nothing more came")
		r.say("a", "4")
		r.clock.Step(freshness)
		require.Len(t, b.in("lake"), 2)
		require.Equal(t, "4\n", string(b.in("lake")[1].Body))
	})
	t.Run("only what arrives once it is ACTIVE", func(t *testing.T) {
		b := newBuckets("lake")
		r := open(t, lasting(minute)).delivers(b)
		r.createOnDemand("a")
		r.clock.Step(minute)
		r.channel("c", "a")
		r.clock.Step(minute - time.Millisecond)
		r.say("a", "early")
		r.clock.Step(time.Millisecond)
		r.say("a", "1")
		r.clock.Step(freshness)
		require.Equal(t, "1\n", b.text("lake"))
	})
	t.Run("a channel does not use up what others may read", func(t *testing.T) {
		b := newBuckets("lake")
		r := open(t, func(c *Config) { c.Limits.Enforced = true }).delivers(b)
		r.createOnDemand("a")
		r.channel("c", "a")
		r.say("a", "1")
		r.clock.Step(freshness)
		require.Equal(t, "1\n", b.text("lake"))
		r.Samples(func(s Sample) {
			require.NotEqual(t, CountRecordsOut, s.Name)
		})
	})
	t.Run("a full buffer does not wait", func(t *testing.T) {
		b := newBuckets("lake")
		r := open(t).delivers(b)
		r.createOnDemand("a")
		r.channel("c", "a", format(types.RecordFormatTypeByteArray))
		mib := strings.Repeat("x", 1000<<10)
		for i := range 17 {
			_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String(fmt.Sprint(i)), Data: []byte(mib)})
			require.NoError(t, err)
		}
		r.clock.Step(0)
		require.Eventually(t, func() bool { return len(b.in("lake")) > 0 }, time.Minute, time.Millisecond)
		r.clock.Step(freshness)
		size := 0
		for _, o := range b.in("lake") {
			require.LessOrEqual(t, len(o.Body), objectBytes+1<<20)
			size += len(o.Body)
		}
		require.Greater(t, size, 16<<20)
	})
	t.Run("storage class and bucket of dead letters", func(t *testing.T) {
		b := newBuckets("lake", "graves")
		r := open(t).delivers(b)
		r.createOnDemand("a")
		r.channel("c", "a", format(types.RecordFormatTypeJson), func(in *kinesis.CreateChannelInput) {
			in.S3DestinationConfiguration.StorageConfiguration.StorageClass = types.S3StorageClassGlacierIr
			in.S3DestinationConfiguration.DeadLetterQueueS3Configuration = &types.DeadLetterQueueS3Configuration{
				BucketARN: aws.String("arn:aws:s3:::graves"), ExpectedBucketOwner: aws.String(testAccount), ErrorOutputPrefix: aws.String("bad/")}
		})
		r.say("a", "{}", "{")
		r.clock.Step(freshness)
		require.Equal(t, "{}\n", b.text("lake"))
		require.Equal(t, "GLACIER_IR", b.in("lake")[0].Class)
		require.Len(t, b.in("graves"), 1)
		require.Regexp(t, "^bad/2026/11/20/10/c-.*[.]json$", b.in("graves")[0].Key)
	})
}

func TestDeliveryFormats(t *testing.T) {
	for name, c := range map[string]struct {
		format types.RecordFormatType
		put    []string
		object string
		dead   []string // error codes
	}{
		"JSON":             {types.RecordFormatTypeJson, []string{"1", `{"a":` + "\n" + `"b"}`, "[]\n", " null "}, "1\n{\"a\":\n\"b\"}\n[]\n null \n", nil},
		"JSON, misfits":    {types.RecordFormatTypeJson, []string{"", "{", "1 2", "\"\xff\"", "true"}, "true\n", []string{"InvalidJson", "InvalidJson", "InvalidJson", "InvalidJson"}},
		"STRING":           {types.RecordFormatTypeString, []string{"a", "b\n", "", "ü"}, "a\nb\n\nü\n", nil},
		"STRING, misfits":  {types.RecordFormatTypeString, []string{"a", "\xff\xfe"}, "a\n", []string{"InvalidString"}},
		"BYTE_ARRAY":       {types.RecordFormatTypeByteArray, []string{"a", "", "\xff", "b\n", "c"}, "a\xffb\nc", nil},
		"nothing but dead": {types.RecordFormatTypeJson, []string{"{"}, "", []string{"InvalidJson"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBuckets("lake")
			r := open(t).delivers(b)
			r.createOnDemand("a")
			arn := r.channel("c", "a", format(c.format))
			for _, text := range c.put { // one key: one shard, in this order
				_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k"), Data: []byte(text)})
				require.NoError(t, err)
			}
			r.clock.Step(freshness)
			object, dead := "", ""
			for _, o := range b.in("lake") {
				if strings.HasPrefix(o.Key, "kinesis-channel/errors/") {
					require.Regexp(t, "^kinesis-channel/errors/c/"+*r.describeChannel(arn).ChannelId+"/2026/11/20/10/c-.*[.]json$", o.Key)
					dead += string(o.Body)
					continue
				}
				object += string(o.Body)
			}
			require.Equal(t, c.object, object)
			var codes []string
			for line := range strings.Lines(dead) {
				var letter map[string]any
				require.NoError(t, json.Unmarshal([]byte(line), &letter))
				codes = append(codes, letter["errorCode"].(string))
				require.NotContains(t, letter, "rawData")
				require.Equal(t, []any{"c", "arn:aws:kinesis:us-east-1:123456789012:stream/a", "k", float64(testStart().UnixMilli())},
					[]any{letter["channelName"], letter["streamARN"], letter["partitionKey"], letter["approximateArrivalTimestamp"]})
				require.Regexp(t, "^shardId-[0-9]{12}$", letter["shardId"])
				require.Regexp(t, "^[0-9]{56}$", letter["sequenceNumber"])
			}
			require.Equal(t, c.dead, codes)
		})
	}
	t.Run("compression", func(t *testing.T) {
		for packing, unpack := range map[types.S3CompressionType]func(io.Reader) (io.Reader, error){
			types.S3CompressionTypeGzip: func(in io.Reader) (io.Reader, error) { return gzip.NewReader(in) },
			types.S3CompressionTypeZstd: func(in io.Reader) (io.Reader, error) { return zstd.NewReader(in) },
		} {
			b := newBuckets("lake")
			r := open(t).delivers(b)
			r.createOnDemand("a")
			r.channel("c", "a", packed(packing))
			r.say("a", "text")
			r.clock.Step(freshness)
			require.True(t, strings.HasSuffix(b.in("lake")[0].Key, map[types.S3CompressionType]string{"GZIP": ".gz", "ZSTD": ".zst"}[packing]))
			in, err := unpack(bytes.NewReader(b.in("lake")[0].Body))
			require.NoError(t, err)
			text, err := io.ReadAll(in)
			require.NoError(t, err)
			require.Equal(t, "text\n", string(text))
		}
	})
}

func TestDeliveryOverReshards(t *testing.T) {
	b := newBuckets("lake")
	r := open(t).delivers(b)
	r.createOnDemand("a")
	r.channel("c", "a")
	put := func(text string) {
		_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k"), Data: []byte(text)})
		require.NoError(t, err)
	}
	put("1")
	v := r.streams[streamKey{testAccount, testRegion, "a"}]
	parent := v.view.Load().layout.route(hashOf("k"))
	at := middle(parent.from, parent.to)
	require.NoError(t, r.change(r.ctx, v, func(v *view, now time.Time) (command, error) {
		p := planner{next: v.state.NextShard}
		p.split(parent.shardRecord, at)
		return r.Streams.updating(now, nil, &reshard{Plan: p.plan})
	}))
	require.NotEqual(t, parent.id, v.view.Load().layout.route(hashOf("k")).id)
	put("2")
	r.clock.Step(freshness)
	require.Equal(t, "1\n2\n", b.text("lake"), "parents before children")
	put("3")
	r.clock.Step(freshness)
	require.Equal(t, "1\n2\n3\n", b.text("lake"))
	r.clock.Step(25 * time.Hour) // the parent expires
	put("4")
	r.clock.Step(freshness)
	require.Equal(t, "1\n2\n3\n4\n", b.text("lake"))
}

func TestDeliveryInTrouble(t *testing.T) {
	t.Run("a bucket that is gone", func(t *testing.T) {
		b := newBuckets("lake")
		r := open(t).delivers(b)
		r.createOnDemand("a")
		arn := r.channel("c", "a")
		b.set("lake", "999999999999")
		r.say("a", "1")
		r.clock.Step(freshness)
		require.Equal(t, 1, b.tried)
		d := r.describeChannel(arn)
		require.Equal(t, types.ChannelStatusActive, d.ChannelStatus)
		require.Regexp(t, "^Delivery failed and will be tried again: put s3://lake/.*: lake: the bucket does not belong to the expected owner$", *d.ChannelStatusReason)
		r.clock.Step(5*time.Second - 1)
		require.Equal(t, 1, b.tried)
		r.clock.Step(1)
		require.Equal(t, 2, b.tried)
		r.clock.Step(10 * time.Second)
		require.Equal(t, 3, b.tried)
		waiting := func() (oldest time.Duration) {
			r.Waiting(func(_, _, _, _ string, age time.Duration) { oldest = age })
			return oldest
		}
		require.Equal(t, 315*time.Second, waiting())
		r.say("a", "2")
		failures := uint64(0)
		r.Samples(func(s Sample) {
			if s.Name == CountChannelFailures {
				failures = s.Value
				require.Equal(t, "c", s.Channel)
			}
		})
		require.EqualValues(t, 3, failures)
		b.set("lake", testAccount)
		r.clock.Step(20 * time.Second)
		require.ElementsMatch(t, []string{"1", "2"}, strings.Fields(b.text("lake")))
		require.Nil(t, r.describeChannel(arn).ChannelStatusReason)
		require.Zero(t, waiting())
	})
	t.Run("nothing is delivered twice under two names", func(t *testing.T) {
		b := newBuckets("lake")
		r := open(t).delivers(b)
		r.createOnDemand("a")
		r.channel("c", "a", format(types.RecordFormatTypeJson))
		r.say("a", "1", "{")
		// The data is put, the dead letters are not: the batch is made again.
		n := 0
		b.before = func(delivery.Object) {
			if n++; n == 2 {
				b.fail(errors.New("lost"))
			}
		}
		r.clock.Step(freshness)
		require.Len(t, b.in("lake"), 1)
		b.fail(nil)
		r.clock.Step(5 * time.Second)
		require.Len(t, b.in("lake"), 2)
	})
	t.Run("what expires first is counted and logged", func(t *testing.T) {
		b := newBuckets("lake")
		r := open(t).delivers(b)
		r.createOnDemand("a")
		r.channel("c", "a")
		b.fail(errors.New("no network"))
		for i := range 5 {
			_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k"), Data: fmt.Append(nil, i)})
			require.NoError(t, err)
		}
		r.clock.Step(25 * time.Hour)
		_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k"), Data: []byte("5")})
		require.NoError(t, err)
		b.fail(nil)
		r.clock.Step(10 * time.Minute)
		require.Equal(t, "5\n", b.text("lake"))
		expired := uint64(0)
		r.Samples(func(s Sample) {
			if s.Name == CountChannelExpired {
				expired = s.Value
			}
		})
		require.EqualValues(t, 5, expired)
	})
	t.Run("no store of buckets", func(t *testing.T) {
		r := open(t)
		r.createOnDemand("a")
		arn := r.channel("c", "a")
		require.Equal(t, types.ChannelStatusFailed, r.describeChannel(arn).ChannelStatus)
		require.Equal(t, "No store of buckets is part of this instance.", *r.describeChannel(arn).ChannelStatusReason)
	})
}

// A thousand channels that nobody writes to have no timers: a year passes
// at the price of their streams alone.
func TestIdleChannels(t *testing.T) {
	b := newBuckets("lake")
	r := open(t).delivers(b)
	for a := range 20 {
		account := fmt.Sprintf("%012d", a+1)
		r.ctx = caller.With(t.Context(), caller.Caller{Account: account, Region: testRegion})
		for i := range 50 {
			name := fmt.Sprint("s", i)
			r.createOnDemand(name)
			in := channelInput(name, name)
			in.StreamConfigurationList[0].StreamARN = aws.String("arn:aws:kinesis:us-east-1:" + account + ":stream/" + name)
			_, err := r.CreateChannel(r.ctx, in)
			require.NoError(t, err)
		}
	}
	quick.Within(t, 2*time.Second, func() { t.Log("timers fired:", r.clock.Step(365*24*time.Hour).Fired) })
	require.Empty(t, b.in("lake"))

	for a := range 20 {
		r.ctx = caller.With(t.Context(), caller.Caller{Account: fmt.Sprintf("%012d", a+1), Region: testRegion})
		for i := range 50 {
			r.say(fmt.Sprint("s", i), "1")
		}
	}
	report := r.clock.Step(freshness)
	t.Log("a thousand deliveries:", report.Fired, "timers")
	require.True(t, report.Settled)
	require.Equal(t, strings.Repeat("1\n", 1000), b.text("lake"))
}
