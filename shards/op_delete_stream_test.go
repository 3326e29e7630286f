package shards

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

func TestDeleteStream(t *testing.T) {
	remove := func(r *room, name string) error {
		_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: &name})
		return err
	}
	t.Run("unknown stream", func(t *testing.T) {
		requireError(t, remove(open(t), "a"), "ResourceNotFoundException", "Stream a under account 123456789012 not found.")
	})
	t.Run("in CREATING, and twice", func(t *testing.T) {
		r := open(t, lasting(time.Minute))
		r.create("a", 1)
		require.NoError(t, remove(r, "a"))
		r.clock.Step(time.Second)
		require.NoError(t, remove(r, "a"))
		r.clock.Step(59 * time.Second)
		require.Equal(t, "ResourceNotFoundException", r.status("a"))
	})
	t.Run("the name is taken until it is gone", func(t *testing.T) {
		r := open(t, lasting(time.Minute))
		r.create("a", 1)
		r.clock.Step(time.Minute)
		require.NoError(t, remove(r, "a"))
		_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("a"), ShardCount: aws.Int32(1)})
		requireError(t, err, "ResourceInUseException", "Stream a under account 123456789012 already exists.")
		r.clock.Step(time.Minute)
		r.create("a", 3)
	})
	t.Run("another account's stream is not there", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		other := caller.With(context.Background(), caller.Caller{Account: "210987654321", Region: testRegion})
		_, err := r.DeleteStream(other, &kinesis.DeleteStreamInput{StreamName: aws.String("a")})
		requireError(t, err, "ResourceNotFoundException", "Stream a under account 210987654321 not found.")
		_, err = r.DeleteStream(other, &kinesis.DeleteStreamInput{StreamARN: streamARN("a")})
		requireError(t, err, "ResourceNotFoundException", "Stream a under account 123456789012 not found.")
		require.Equal(t, "ACTIVE", r.status("a"))
	})
}
