package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// The rest is in TestStreamEncryption.
func TestStopStreamEncryption(t *testing.T) {
	needsActive(t, func(r *room, name, arn *string) error {
		_, err := r.StopStreamEncryption(r.ctx, &kinesis.StopStreamEncryptionInput{StreamName: name, StreamARN: arn, EncryptionType: types.EncryptionTypeKms, KeyId: aws.String("k")})
		return err
	})
	t.Run("a stream without encryption stays ACTIVE", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		r.clock.Step(minute)
		require.NoError(t, r.decrypt())
		require.Equal(t, "ACTIVE", r.status("a"))
	})
}
