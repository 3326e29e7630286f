package shards

import (
	"bytes"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

func TestUpdateMaxRecordSize(t *testing.T) {
	resize := func(r *room, kib int32) error {
		_, err := r.UpdateMaxRecordSize(r.ctx, &kinesis.UpdateMaxRecordSizeInput{StreamARN: streamARN("a"), MaxRecordSizeInKiB: &kib})
		return err
	}
	write := func(r *room, size int) error {
		_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k"), Data: bytes.Repeat([]byte{1}, size)})
		return err
	}
	t.Run("no stream, unknown stream, no size", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		_, err := r.UpdateMaxRecordSize(r.ctx, &kinesis.UpdateMaxRecordSizeInput{MaxRecordSizeInKiB: aws.Int32(2048)})
		requireError(t, err, codeArgument, "Either StreamARN or StreamName should be provided.")
		_, err = r.UpdateMaxRecordSize(r.ctx, &kinesis.UpdateMaxRecordSizeInput{StreamARN: streamARN("nope"), MaxRecordSizeInKiB: aws.Int32(2048)})
		requireError(t, err, codeMissing, textMissing)
		_, err = r.UpdateMaxRecordSize(r.ctx, &kinesis.UpdateMaxRecordSizeInput{StreamARN: streamARN("a")})
		requireError(t, err, codeInvalid, "1 validation error detected: Value null at 'maxRecordSizeInKiB' failed to satisfy constraint: Member must not be null")
	})
	t.Run("only while ACTIVE, in effect at the end of UPDATING", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		requireError(t, resize(r, 2048), codeInUse, textCreating)
		r.clock.Step(minute)
		require.NoError(t, resize(r, 2048))
		requireError(t, resize(r, 4096), codeInUse, textUpdating)
		require.EqualValues(t, 1024, *r.summary("a").MaxRecordSizeInKiB)
		require.Equal(t, codeInvalid, codeOf(write(r, 1<<20)))
		r.clock.Step(minute)
		require.EqualValues(t, 2048, *r.summary("a").MaxRecordSizeInKiB)
		require.NoError(t, write(r, 1<<20))
	})
	t.Run("data and partition key together", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		for _, kib := range []int{10240, 1024, 2048} {
			require.NoError(t, resize(r, int32(kib)))
			require.NoError(t, write(r, kib<<10-1))
			require.Equal(t, codeInvalid, codeOf(write(r, kib<<10)))
		}
	})
}
