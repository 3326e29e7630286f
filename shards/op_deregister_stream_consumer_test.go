package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

func TestDeregisterStreamConsumer(t *testing.T) {
	t.Run("finds nothing", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.create("b", 1)
		c := r.register("a", "c")
		for _, bad := range misses(&c) {
			_, err := r.DeregisterStreamConsumer(r.ctx, &kinesis.DeregisterStreamConsumerInput{
				StreamARN: bad.find.streamARN, ConsumerName: bad.find.name, ConsumerARN: bad.find.consumerARN})
			requireError(t, err, bad.code, bad.text)
		}
		require.Equal(t, types.ConsumerStatusActive, r.consumer("c").ConsumerStatus)
	})
	t.Run("DELETING, then gone", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		r.clock.Step(minute)
		c := r.register("a", "c")
		r.register("a", "d")
		r.clock.Step(minute)
		remove := func() error {
			_, err := r.DeregisterStreamConsumer(r.ctx, &kinesis.DeregisterStreamConsumerInput{ConsumerARN: &c})
			return err
		}
		require.NoError(t, remove())
		require.Equal(t, types.ConsumerStatusDeleting, r.consumer("c").ConsumerStatus)
		r.clock.Step(minute / 2)
		require.NoError(t, remove(), "again changes nothing")
		r.restart()
		r.clock.Step(minute / 2)
		requireError(t, remove(), codeMissing, "Consumer c under stream a and account 123456789012 not found.")
		require.Equal(t, types.ConsumerStatusActive, r.consumer("d").ConsumerStatus)
		require.EqualValues(t, 1, *r.summary("a").ConsumerCount)
	})
	t.Run("while CREATING, and while the stream is UPDATING", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		r.clock.Step(minute)
		r.register("a", "c")
		r.updating("a")
		r.deregister("c")
		require.Equal(t, types.ConsumerStatusDeleting, r.consumer("c").ConsumerStatus)
		r.clock.Step(minute)
		_, err := r.DescribeStreamConsumer(r.ctx, &kinesis.DescribeStreamConsumerInput{StreamARN: streamARN("a"), ConsumerName: aws.String("c")})
		require.Equal(t, codeMissing, codeOf(err))
		require.Equal(t, "ACTIVE", r.status("a"))
	})
}
