package firehose

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"
)

func hints(size, seconds int32) *types.BufferingHints {
	return &types.BufferingHints{SizeInMBs: &size, IntervalInSeconds: &seconds}
}

func TestPutRecordBatch(t *testing.T) {
	t.Run("12 size", func(t *testing.T) {
		r := newRig(t)
		r.create("s", nil)
		in := &firehose.PutRecordBatchInput{DeliveryStreamName: aws.String("s")}
		for range 4 {
			in.Records = append(in.Records, types.Record{Data: make([]byte, 1<<20)})
		}
		_, err := r.PutRecordBatch(r.ctx, in)
		require.NoError(t, err)
		in.Records = append(in.Records, types.Record{Data: []byte("x")})
		_, err = r.PutRecordBatch(r.ctx, in)
		requireFault(t, err, "InvalidArgumentException", "Records size exceeds 4 MB limit")
	})
	t.Run("13 empty record", func(t *testing.T) {
		r := newRig(t)
		r.create("s", nil)
		out, err := r.PutRecordBatch(r.ctx, &firehose.PutRecordBatchInput{DeliveryStreamName: aws.String("s"), Records: []types.Record{{Data: []byte{}}, {Data: []byte("a")}}})
		require.NoError(t, err)
		require.Len(t, out.RequestResponses, 2)
		require.NotEqual(t, *out.RequestResponses[0].RecordId, *out.RequestResponses[1].RecordId)
		require.False(t, *out.Encrypted)
	})
	t.Run("14 joined", func(t *testing.T) {
		r := newRig(t)
		r.create("s", nil)
		r.put("s", "abc", "abc", "abc")
		r.clock.Step(299 * time.Second)
		require.Empty(t, r.bucket.taken())
		r.clock.Step(time.Second)
		got := r.bucket.taken()
		require.Len(t, got, 1)
		require.Equal(t, "abcabcabc", string(got[0].Body))
		require.Regexp(t, `^2026/07/13/12/s-1-2026-07-13-12-00-00-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, got[0].Key)
		require.Equal(t, "application/octet-stream", got[0].ContentType)
		require.Equal(t, "lake", got[0].Bucket)
	})
	t.Run("15 delimiter", func(t *testing.T) {
		r := newRig(t)
		r.create("s", func(c *types.ExtendedS3DestinationConfiguration) {
			c.ProcessingConfiguration = &types.ProcessingConfiguration{Enabled: aws.Bool(true), Processors: []types.Processor{{Type: types.ProcessorTypeAppendDelimiterToRecord}}}
		})
		r.put("s", "abc", "abc", "abc")
		r.clock.Step(5 * time.Minute)
		require.Equal(t, "abc\nabc\nabc", string(r.bucket.taken()[0].Body))
	})
	t.Run("23 gzip", func(t *testing.T) {
		r := newRig(t)
		r.create("s", func(c *types.ExtendedS3DestinationConfiguration) { c.CompressionFormat = types.CompressionFormatGzip })
		r.put("s", "abc")
		r.clock.Step(5 * time.Minute)
		o := r.bucket.taken()[0]
		require.True(t, strings.HasSuffix(o.Key, ".gz"))
		require.Equal(t, "gzip", o.ContentEncoding)
		require.Equal(t, "abc", gunzip(t, o.Body))
	})
}

// A buffer closes by its size or by the age of its first record, whichever
// comes first, and records after that belong to the next.
func TestBuffers(t *testing.T) {
	r := newRig(t)
	r.create("s", func(c *types.ExtendedS3DestinationConfiguration) { c.BufferingHints = hints(1, 60) })
	half := strings.Repeat("h", 600<<10)
	r.put("s", half)
	r.clock.Step(0)
	require.Empty(t, r.bucket.taken())
	r.put("s", half, "tail")
	r.clock.Step(0)
	got := r.bucket.taken()
	require.Len(t, got, 1, "full by size")
	require.Len(t, got[0].Body, 2*600<<10, "records are not split, so the size runs over")
	r.clock.Step(59 * time.Second)
	require.Empty(t, r.bucket.taken())
	r.clock.Step(time.Second)
	require.Equal(t, "tail", string(r.bucket.taken()[0].Body))

	r.put("s", "a")
	r.clock.Step(30 * time.Second)
	r.put("s", "b")
	r.clock.Step(30 * time.Second)
	require.Equal(t, "ab", string(r.bucket.taken()[0].Body))
	r.clock.Step(365 * 24 * time.Hour)
	require.Empty(t, r.bucket.taken())

	none := newRig(t)
	none.create("s", func(c *types.ExtendedS3DestinationConfiguration) { c.BufferingHints = hints(1, 0) })
	none.put("s", "now")
	none.clock.Step(time.Nanosecond)
	require.Equal(t, "now", string(none.bucket.taken()[0].Body))
}

// A bucket that fails is tried again with growing pauses, and a day later the
// records are lost, as the service says.
func TestDeliveryIsRetried(t *testing.T) {
	r := newRig(t)
	r.create("s", func(c *types.ExtendedS3DestinationConfiguration) { c.BufferingHints = hints(1, 60) })
	r.bucket.failing(errors.New("down"))
	r.put("s", "a")
	r.clock.Step(time.Hour)
	require.Empty(t, r.bucket.taken())
	r.bucket.failing(nil)
	r.clock.Step(5 * time.Minute)
	require.Equal(t, "a", string(r.bucket.taken()[0].Body))

	r.bucket.failing(errors.New("down"))
	r.put("s", "b")
	r.clock.Step(25 * time.Hour)
	r.bucket.failing(nil)
	r.put("s", "c")
	r.clock.Step(10 * time.Minute)
	got := r.bucket.taken()
	require.Len(t, got, 1)
	require.Equal(t, "c", string(got[0].Body))
}

// What was acknowledged is delivered after a restart, under the same key when
// the first delivery had come as far as the bucket.
func TestRestart(t *testing.T) {
	r := newRig(t)
	r.create("s", func(c *types.ExtendedS3DestinationConfiguration) { c.BufferingHints = hints(1, 60) })
	r.put("s", "a", "b")
	r.reopen()
	r.clock.Step(time.Minute)
	got := r.bucket.taken()
	require.Len(t, got, 1)
	require.Equal(t, "ab", string(got[0].Body))
	r.reopen()
	r.clock.Step(time.Hour)
	require.Empty(t, r.bucket.taken(), "nothing is delivered twice")
}

func TestFlush(t *testing.T) {
	r := newRig(t)
	r.create("s", nil)
	r.put("s", "a", "bc")
	done, err := r.Flush(r.ctx, "s")
	require.NoError(t, err)
	require.Equal(t, Delivered{Objects: 1, Records: 2, Bytes: 3}, done)
	require.Equal(t, "abc", string(r.bucket.taken()[0].Body))
	done, err = r.Flush(r.ctx, "s")
	require.NoError(t, err)
	require.Equal(t, Delivered{}, done)
	_, err = r.Flush(r.ctx, "none")
	requireFault(t, err, "ResourceNotFoundException", "Firehose none under account 111111111111 not found.")
}

func partitioned(query string) func(*types.ExtendedS3DestinationConfiguration) {
	return func(c *types.ExtendedS3DestinationConfiguration) {
		c.BufferingHints = hints(64, 60)
		c.Prefix, c.ErrorOutputPrefix = aws.String("c=!{partitionKeyFromQuery:c}/"), aws.String("e/!{firehose:error-output-type}/")
		c.DynamicPartitioningConfiguration = &types.DynamicPartitioningConfiguration{Enabled: aws.Bool(true)}
		c.ProcessingConfiguration = &types.ProcessingConfiguration{Enabled: aws.Bool(true), Processors: []types.Processor{
			{Type: types.ProcessorTypeMetadataExtraction, Parameters: []types.ProcessorParameter{
				{ParameterName: types.ProcessorParameterNameMetadataExtractionQuery, ParameterValue: aws.String(query)},
				{ParameterName: types.ProcessorParameterNameJsonParsingEngine, ParameterValue: aws.String("JQ-1.6")},
			}},
		}}
	}
}

func TestDynamicPartitioning(t *testing.T) {
	r := newRig(t)
	r.create("s", partitioned("{c:.customer_id}"))
	r.put("s", `{"customer_id":"x","n":1}`, `{"customer_id":7}`, `{"customer_id":"x","n":2}`, `{"customer":"x"}`, `no json`)
	r.clock.Step(time.Minute)
	got := r.bucket.taken()
	require.Len(t, got, 3)
	bodies := map[string]string{}
	for _, o := range got {
		bodies[o.Key[:strings.Index(o.Key, "s-1-")]] = string(o.Body)
	}
	t.Run("33 an object a customer, no date", func(t *testing.T) {
		require.Equal(t, `{"customer_id":"x","n":1}{"customer_id":"x","n":2}`, bodies["c=x/"])
		require.Equal(t, `{"customer_id":7}`, bodies["c=7/"])
	})
	t.Run("34 a record without the key", func(t *testing.T) {
		lines := strings.Split(bodies["e/processing-failed/"], "\n")
		require.Len(t, lines, 2)
		require.JSONEq(t, `{"attemptsMade":1,"arrivalTimestamp":1783944000000,"errorCode":"DynamicPartitioning.MetadataExtractionFailed",
			"errorMessage":"partitionKeys values must not be null or empty","attemptEndingTimestamp":1783944060000,"rawData":"eyJjdXN0b21lciI6IngifQ=="}`, lines[0])
	})
}

func TestDeAggregation(t *testing.T) { t.Run("36 records that hold several", deAggregation) }

func deAggregation(t *testing.T) {
	split := func(kind string, more ...types.ProcessorParameter) func(c *types.ExtendedS3DestinationConfiguration) {
		return func(c *types.ExtendedS3DestinationConfiguration) {
			partitioned("{c:.c}")(c)
			c.ProcessingConfiguration.Processors = append(c.ProcessingConfiguration.Processors, types.Processor{
				Type: types.ProcessorTypeRecordDeAggregation, Parameters: append([]types.ProcessorParameter{
					{ParameterName: types.ProcessorParameterNameSubRecordType, ParameterValue: &kind}}, more...)},
				types.Processor{Type: types.ProcessorTypeAppendDelimiterToRecord})
		}
	}
	r := newRig(t)
	r.create("j", split("JSON"))
	r.put("j", "{\"c\":1}{\"c\":1, \"x\":2}\n{\"c\":2}\n")
	r.create("d", split("DELIMITED", types.ProcessorParameter{ParameterName: types.ProcessorParameterNameDelimiter, ParameterValue: aws.String("IyMjIw==")}))
	r.put("d", `{"c":1}####{"c":1}`)
	r.clock.Step(time.Minute)
	var bodies []string
	for _, o := range r.bucket.taken() {
		bodies = append(bodies, o.Key[:4]+string(o.Body))
	}
	require.ElementsMatch(t, []string{"c=1/{\"c\":1}\n{\"c\":1, \"x\":2}", "c=2/{\"c\":2}", "c=1/{\"c\":1}\n{\"c\":1}"}, bodies)
}

func TestBackup(t *testing.T) {
	t.Run("32 the backup has its own time", func(t *testing.T) {
		r := newRig(t)
		r.create("s", func(c *types.ExtendedS3DestinationConfiguration) {
			partitioned("{c:.c}")(c)
			c.BufferingHints = hints(64, 120)
			c.S3BackupMode = types.S3BackupModeEnabled
			c.S3BackupConfiguration = &types.S3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String("arn:aws:s3:::copy"),
				Prefix: aws.String("b/"), BufferingHints: hints(5, 60)}
		})
		r.put("s", `{"c":1}`, "bad")
		r.clock.Step(time.Minute)
		got := r.bucket.taken()
		require.Len(t, got, 1)
		require.Equal(t, "copy", got[0].Bucket)
		require.True(t, strings.HasPrefix(got[0].Key, "b/2026/07/13/12/s-1-"))
		require.Equal(t, `{"c":1}bad`, string(got[0].Body))
		r.clock.Step(time.Minute)
		require.Len(t, r.bucket.taken(), 2)
	})
}
