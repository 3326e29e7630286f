package firehose

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/stretchr/testify/require"
)

func TestStopWithoutEncryption(t *testing.T) {
	r := newRig(t)
	r.create("s", nil)
	_, err := r.StopDeliveryStreamEncryption(r.ctx, &firehose.StopDeliveryStreamEncryptionInput{DeliveryStreamName: aws.String("s")})
	require.NoError(t, err)
	_, err = r.StopDeliveryStreamEncryption(r.ctx, &firehose.StopDeliveryStreamEncryptionInput{DeliveryStreamName: aws.String("none")})
	requireFault(t, err, "ResourceNotFoundException", "Firehose none under account 111111111111 not found.")
}
