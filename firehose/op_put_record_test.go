package firehose

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"
)

func TestPutRecord(t *testing.T) {
	r := newRig(t)
	r.create("s", nil)
	out, err := r.PutRecord(r.ctx, &firehose.PutRecordInput{DeliveryStreamName: aws.String("s"), Record: &types.Record{Data: make([]byte, 1024000)}})
	require.NoError(t, err, "11 the longest record")
	require.NotEmpty(t, *out.RecordId)
	require.False(t, *out.Encrypted)
	_, err = r.PutRecord(r.ctx, &firehose.PutRecordInput{DeliveryStreamName: aws.String("none"), Record: &types.Record{}})
	requireFault(t, err, "ResourceNotFoundException", "Firehose none under account 111111111111 not found.")
	r.clock.Step(5 * time.Minute)
	require.Len(t, r.bucket.taken()[0].Body, 1024000)
}

// What comes faster than the quota is refused: a call, or records of a batch.
func TestThroughputQuota(t *testing.T) {
	r := newRig(t)
	r.SetLimits(Limits{Enforced: true})
	r.create("s", nil)
	batch := &firehose.PutRecordBatchInput{DeliveryStreamName: aws.String("s")}
	for range 4 {
		batch.Records = append(batch.Records, types.Record{Data: make([]byte, 1<<20)})
	}
	out, err := r.PutRecordBatch(r.ctx, batch)
	require.NoError(t, err)
	require.EqualValues(t, 0, *out.FailedPutCount)
	out, err = r.PutRecordBatch(r.ctx, batch)
	require.NoError(t, err)
	require.EqualValues(t, 3, *out.FailedPutCount, "5 MiB a second")
	require.NotNil(t, out.RequestResponses[0].RecordId)
	require.Equal(t, types.PutRecordBatchResponseEntry{ErrorCode: aws.String("ServiceUnavailableException"), ErrorMessage: aws.String("Slow down.")}, out.RequestResponses[3])
	_, err = r.PutRecord(r.ctx, &firehose.PutRecordInput{DeliveryStreamName: aws.String("s"), Record: &types.Record{Data: []byte("x")}})
	requireFault(t, err, "ServiceUnavailableException", "Slow down.")
	r.clock.Step(time.Second)
	r.put("s", "x")
	require.Equal(t, rates{1 << 20, 1000, 100_000}, ratesOf("eu-north-1"))

	now := r.clock.Now()
	var a allowance
	for range 2000 {
		require.Equal(t, 1, a.admit(now, ratesOf("us-east-1"), []int{0}))
	}
	require.Equal(t, 0, a.admit(now, ratesOf("us-east-1"), []int{0}), "2,000 requests a second")
}
