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
