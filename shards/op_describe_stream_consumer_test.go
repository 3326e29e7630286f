package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// consumer describes a consumer of stream a.
func (r *room) consumer(name string) *types.ConsumerDescription {
	r.t.Helper()
	out, err := r.DescribeStreamConsumer(r.ctx, &kinesis.DescribeStreamConsumerInput{StreamARN: streamARN("a"), ConsumerName: &name})
	require.NoError(r.t, err)
	return out.ConsumerDescription
}

// misses are ways to address no consumer in a room with streams a and b, where
// a has consumer c.
func misses(c *string) []struct {
	find       findsConsumer
	code, text string
} {
	const (
		which = "Either ConsumerARN or both StreamARN and ConsumerName should be provided."
		two   = "ConsumerARN, StreamARN and ConsumerName do not refer to the same consumer."
		gone  = "Consumer c under stream a and account 123456789012 not found."
	)
	name := aws.String("c")
	return []struct {
		find       findsConsumer
		code, text string
	}{
		{findsConsumer{}, codeArgument, which},
		{findsConsumer{name: name}, codeArgument, which},
		{findsConsumer{streamARN: streamARN("a")}, codeArgument, which},
		{findsConsumer{consumerARN: streamARN("a")}, codeArgument, which},
		{findsConsumer{consumerARN: c, name: aws.String("d")}, codeArgument, two},
		{findsConsumer{consumerARN: c, streamARN: streamARN("b")}, codeArgument, two},
		{findsConsumer{consumerARN: c, streamARN: c}, codeArgument, two},
		{findsConsumer{streamARN: streamARN("nope"), name: name}, codeMissing, textMissing},
		{findsConsumer{streamARN: streamARN("a"), name: aws.String("d")}, codeMissing, "Consumer d under stream a and account 123456789012 not found."},
		{findsConsumer{consumerARN: aws.String(*streamARN("a") + "/consumer/c:1")}, codeMissing, gone},
		{findsConsumer{consumerARN: aws.String(*streamARN("nope") + "/consumer/c:1")}, codeMissing, textMissing},
	}
}

func TestDescribeStreamConsumer(t *testing.T) {
	r := open(t)
	r.create("a", 1)
	r.create("b", 1)
	c := aws.String(r.register("a", "c"))
	describe := func(f findsConsumer) (*kinesis.DescribeStreamConsumerOutput, error) {
		return r.DescribeStreamConsumer(r.ctx, &kinesis.DescribeStreamConsumerInput{
			StreamARN: f.streamARN, ConsumerName: f.name, ConsumerARN: f.consumerARN, StreamId: aws.String("ignored")})
	}
	t.Run("finds nothing", func(t *testing.T) {
		for _, bad := range misses(c) {
			_, err := describe(bad.find)
			requireError(t, err, bad.code, bad.text)
		}
	})
	t.Run("by ARN, by stream and name, by all three", func(t *testing.T) {
		want := &types.ConsumerDescription{
			ConsumerName: aws.String("c"), ConsumerARN: c, ConsumerStatus: types.ConsumerStatusActive,
			ConsumerCreationTimestamp: aws.Time(testStart()), StreamARN: streamARN("a"),
		}
		name := aws.String("c")
		for _, f := range []findsConsumer{
			{consumerARN: c}, {streamARN: streamARN("a"), name: name}, {consumerARN: c, streamARN: streamARN("a"), name: name},
			{consumerARN: c, name: name}, {consumerARN: c, streamARN: streamARN("a")},
		} {
			out, err := describe(f)
			require.NoError(t, err)
			require.Equal(t, want, out.ConsumerDescription)
		}
	})
}
