package firehose

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"
)

func TestDeleteDeliveryStream(t *testing.T) {
	r := newRig(t, lasting(time.Second))
	r.create("s", nil)
	r.clock.Step(time.Second)
	r.put("s", "dropped")
	in := &firehose.DeleteDeliveryStreamInput{DeliveryStreamName: aws.String("s")}
	_, err := r.DeleteDeliveryStream(r.ctx, in)
	require.NoError(t, err)
	_, err = r.DeleteDeliveryStream(r.ctx, in)
	require.NoError(t, err, "again while DELETING")
	_, err = r.PutRecord(r.ctx, &firehose.PutRecordInput{DeliveryStreamName: aws.String("s"), Record: &types.Record{}})
	requireFault(t, err, "ResourceNotFoundException", "Firehose s is not active in 111111111111 account.")
	_, err = r.TagDeliveryStream(r.ctx, &firehose.TagDeliveryStreamInput{DeliveryStreamName: aws.String("s"), Tags: []types.Tag{{Key: aws.String("k")}}})
	requireFault(t, err, "ResourceInUseException", "Cannot update firehose: s when it is in DELETING status")
	_, err = r.CreateDeliveryStream(r.ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("s"), ExtendedS3DestinationConfiguration: target()})
	requireFault(t, err, "ResourceInUseException", "Firehose s under accountId 111111111111 already exists")
	r.clock.Step(time.Second)
	_, err = r.DeleteDeliveryStream(r.ctx, in)
	requireFault(t, err, "ResourceNotFoundException", "Firehose s under account 111111111111 not found.")
	r.clock.Step(time.Hour)
	require.Empty(t, r.bucket.taken(), "what was not delivered is gone")
	r.create("s", nil)
	r.clock.Step(time.Hour)
	require.Empty(t, r.bucket.taken(), "a new stream of the name has none of the old records")
}

func TestReset(t *testing.T) {
	r := newRig(t)
	r.create("a", nil)
	r.create("b", nil)
	n, err := r.Reset(r.ctx, "222222222222", "")
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = r.Reset(r.ctx, account, region)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	r.reopen()
	require.Empty(t, r.all())
}
