package firehose

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"
)

func TestEncryption(t *testing.T) {
	r := newRig(t, lasting(time.Second))
	r.create("s", nil)
	start := func(kind types.KeyType, arn *string) error {
		_, err := r.StartDeliveryStreamEncryption(r.ctx, &firehose.StartDeliveryStreamEncryptionInput{DeliveryStreamName: aws.String("s"),
			DeliveryStreamEncryptionConfigurationInput: &types.DeliveryStreamEncryptionConfigurationInput{KeyType: kind, KeyARN: arn}})
		return err
	}
	status := func() types.DeliveryStreamEncryptionStatus {
		return r.describe("s").DeliveryStreamEncryptionConfiguration.Status
	}
	encrypted := func() bool {
		out, err := r.PutRecord(r.ctx, &firehose.PutRecordInput{DeliveryStreamName: aws.String("s"), Record: &types.Record{Data: []byte("x")}})
		require.NoError(t, err)
		return *out.Encrypted
	}
	requireFault(t, start(types.KeyTypeAwsOwnedCmk, nil), "ResourceInUseException", "Cannot update firehose: s when it is in CREATING status")
	r.clock.Step(time.Second)
	key := aws.String("arn:aws:kms:eu-west-1:111111111111:key/k")
	requireFault(t, start(types.KeyTypeAwsOwnedCmk, key), "InvalidArgumentException", "KeyARN cannot be specified when KeyType is AWS_OWNED_CMK")
	require.NoError(t, start(types.KeyTypeCustomerManagedCmk, key))
	require.Equal(t, types.DeliveryStreamEncryptionStatusEnabling, status())
	require.False(t, encrypted())
	r.clock.Step(time.Second)
	require.Equal(t, types.DeliveryStreamEncryptionStatusEnabled, status())
	require.True(t, encrypted())
	require.NoError(t, start(types.KeyTypeAwsOwnedCmk, nil), "another key")
	require.Nil(t, r.describe("s").DeliveryStreamEncryptionConfiguration.KeyARN)
	r.reopen()
	r.clock.Step(time.Second)
	_, err := r.StopDeliveryStreamEncryption(r.ctx, &firehose.StopDeliveryStreamEncryptionInput{DeliveryStreamName: aws.String("s")})
	require.NoError(t, err)
	require.Equal(t, types.DeliveryStreamEncryptionStatusDisabling, status())
	r.clock.Step(time.Second)
	require.Equal(t, types.DeliveryStreamEncryptionStatusDisabled, status())
	require.False(t, encrypted())
}
