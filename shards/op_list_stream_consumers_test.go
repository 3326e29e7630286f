package shards

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

func TestListStreamConsumers(t *testing.T) {
	list := func(r *room, in kinesis.ListStreamConsumersInput) *kinesis.ListStreamConsumersOutput {
		t.Helper()
		if in.StreamARN == nil {
			in.StreamARN = streamARN("a")
		}
		out, err := r.ListStreamConsumers(r.ctx, &in)
		require.NoError(t, err)
		return out
	}
	names := func(out *kinesis.ListStreamConsumersOutput) []string {
		var list []string
		for _, c := range out.Consumers {
			list = append(list, *c.ConsumerName)
		}
		return list
	}
	t.Run("unknown stream, no stream", func(t *testing.T) {
		r := open(t)
		_, err := r.ListStreamConsumers(r.ctx, &kinesis.ListStreamConsumersInput{StreamARN: streamARN("nope")})
		requireError(t, err, codeMissing, textMissing)
		_, err = r.ListStreamConsumers(r.ctx, &kinesis.ListStreamConsumersInput{})
		requireError(t, err, codeArgument, "Either StreamARN or StreamName should be provided.")
	})
	t.Run("none", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		require.Equal(t, &kinesis.ListStreamConsumersOutput{Consumers: []types.Consumer{}}, list(r, kinesis.ListStreamConsumersInput{}))
	})
	t.Run("by name, in pages", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		r.clock.Step(minute)
		for _, name := range []string{"c", "a", "d", "b"} {
			r.register("a", name)
		}
		all := list(r, kinesis.ListStreamConsumersInput{MaxResults: aws.Int32(10000)})
		require.Equal(t, []string{"a", "b", "c", "d"}, names(all))
		require.Nil(t, all.NextToken)
		require.Equal(t, types.Consumer{
			ConsumerName: aws.String("a"), ConsumerStatus: types.ConsumerStatusCreating,
			ConsumerARN:               aws.String("arn:aws:kinesis:us-east-1:123456789012:stream/a/consumer/a:1795168860"),
			ConsumerCreationTimestamp: aws.Time(testStart().Add(minute)),
		}, all.Consumers[0])
		first := list(r, kinesis.ListStreamConsumersInput{MaxResults: aws.Int32(3)})
		require.Equal(t, []string{"a", "b", "c"}, names(first))
		r.deregister("c")
		r.clock.Step(minute)
		rest := list(r, kinesis.ListStreamConsumersInput{NextToken: first.NextToken})
		require.Equal(t, []string{"d"}, names(rest))
		require.Nil(t, rest.NextToken)
	})
	t.Run("tokens", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.create("b", 1)
		r.register("a", "c")
		r.register("a", "d")
		token := list(r, kinesis.ListStreamConsumersInput{MaxResults: aws.Int32(1)}).NextToken
		call := func(in kinesis.ListStreamConsumersInput) error {
			_, err := r.ListStreamConsumers(r.ctx, &in)
			return err
		}
		const form = "Invalid NextToken."
		requireError(t, call(kinesis.ListStreamConsumersInput{StreamARN: streamARN("a"), NextToken: aws.String("AAAA")}), codeArgument, form)
		requireError(t, call(kinesis.ListStreamConsumersInput{StreamARN: streamARN("b"), NextToken: token}), codeArgument, form)
		streams, err := r.ListStreams(r.ctx, &kinesis.ListStreamsInput{Limit: aws.Int32(1)})
		require.NoError(t, err)
		requireError(t, call(kinesis.ListStreamConsumersInput{StreamARN: streamARN("a"), NextToken: streams.NextToken}), codeArgument, form)
		requireError(t, call(kinesis.ListStreamConsumersInput{StreamARN: streamARN("a"), NextToken: token, StreamCreationTimestamp: aws.Time(testStart())}),
			codeArgument, "NextToken and StreamCreationTimestamp cannot be provided together.")
		r.clock.Step(301 * time.Second)
		requireError(t, call(kinesis.ListStreamConsumersInput{StreamARN: streamARN("a"), NextToken: token}), "ExpiredNextTokenException", "NextToken expired. The token was created at time Fri Nov 20 10:00:00 UTC 2026 while right now it is Fri Nov 20 10:05:01 UTC 2026 which is further in the future than the tolerated delay of 300000 milliseconds.")
		fresh := list(r, kinesis.ListStreamConsumersInput{MaxResults: aws.Int32(1)}).NextToken
		_, err = r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("a"), EnforceConsumerDeletion: aws.Bool(true)})
		require.NoError(t, err)
		r.create("a", 1)
		requireError(t, call(kinesis.ListStreamConsumersInput{StreamARN: streamARN("a"), NextToken: fresh}), codeArgument, form)
	})
	t.Run("the stream of a creation time", func(t *testing.T) {
		r := open(t)
		r.clock.Step(500 * time.Millisecond)
		r.create("a", 1)
		r.register("a", "c")
		require.Len(t, list(r, kinesis.ListStreamConsumersInput{StreamCreationTimestamp: aws.Time(testStart())}).Consumers, 1)
		_, err := r.ListStreamConsumers(r.ctx, &kinesis.ListStreamConsumersInput{StreamARN: streamARN("a"), StreamCreationTimestamp: aws.Time(testStart().Add(-minute))})
		requireError(t, err, codeMissing, "Stream a under account 123456789012 with the given StreamCreationTimestamp not found.")
	})
}
