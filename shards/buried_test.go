package shards

import (
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// TestRecreatedWithinTheSecond checks that a stream of a name that was just
// freed does not repeat its predecessor's sequence numbers, nor take them for
// its own.
func TestRecreatedWithinTheSecond(t *testing.T) {
	put := func(r *room) string {
		out, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), Data: []byte("x"), PartitionKey: aws.String("k")})
		require.NoError(t, err)
		return *out.SequenceNumber
	}
	remove := func(r *room) {
		_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("a")})
		require.NoError(t, err)
	}
	refused := func(r *room, number string) {
		_, err := r.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{StreamName: aws.String("a"), ShardId: aws.String("0"),
			ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: &number})
		requireError(t, err, "InvalidArgumentException", "StartingSequenceNumber "+number+
			" used in GetShardIterator on shard shardId-000000000000 in stream a under account 123456789012 is invalid because it did not come from this stream.")
	}
	t.Run("again and again", func(t *testing.T) {
		r := open(t)
		var former []string
		for range 5 {
			r.create("a", 1)
			number := put(r)
			require.NotContains(t, former, number)
			for _, old := range former {
				refused(r, old)
			}
			former = append(former, number)
			remove(r)
		}
	})
	t.Run("over a restart", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		number := put(r)
		remove(r)
		r.restart()
		r.create("a", 1)
		refused(r, number)
	})
	t.Run("by a reset", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		number := put(r)
		_, err := r.Reset(r.ctx, "", "")
		require.NoError(t, err)
		r.create("a", 1)
		refused(r, number)
	})
	t.Run("other names and later times are as they were", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		remove(r)
		r.create("b", 1)
		r.clock.Step(2 * time.Second)
		r.create("a", 1)
		for _, name := range []string{"a", "b"} {
			out, err := r.DescribeStream(r.ctx, &kinesis.DescribeStreamInput{StreamName: &name})
			require.NoError(t, err)
			q, err := parseSequence(*out.StreamDescription.Shards[0].SequenceNumberRange.StartingSequenceNumber)
			require.NoError(t, err)
			require.Equal(t, out.StreamDescription.StreamCreationTimestamp.Unix(), q.created)
		}
	})
	t.Run("graves do not pile up", func(t *testing.T) {
		r := open(t)
		for i := range 5 {
			name := "s" + strconv.Itoa(i)
			r.create(name, 1)
			_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: &name})
			require.NoError(t, err)
			r.clock.Step(2 * time.Second)
		}
		v, err := r.catalog.Get(r.ctx, roomKey)
		require.NoError(t, err)
		var room roomState
		require.NoError(t, decodeStored(v.State, &room))
		require.Len(t, room.Graves, 1)
	})
}
