package shards

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

func (r *room) encrypt(key string) error {
	_, err := r.StartStreamEncryption(r.ctx, &kinesis.StartStreamEncryptionInput{StreamName: aws.String("a"), EncryptionType: types.EncryptionTypeKms, KeyId: &key})
	return err
}

func (r *room) decrypt() error {
	_, err := r.StopStreamEncryption(r.ctx, &kinesis.StopStreamEncryptionInput{StreamName: aws.String("a"), EncryptionType: types.EncryptionTypeKms, KeyId: aws.String("alias/aws/kinesis")})
	return err
}

// encryption is what both descriptions of stream a say, "NONE" or "KMS key".
func (r *room) encryption() string {
	r.t.Helper()
	full, short := r.describe(kinesis.DescribeStreamInput{StreamName: aws.String("a")}), r.summary("a")
	require.Equal(r.t, full.EncryptionType, short.EncryptionType)
	require.Equal(r.t, full.KeyId, short.KeyId)
	return strings.TrimSpace(string(full.EncryptionType) + " " + aws.ToString(full.KeyId))
}

func TestStreamEncryption(t *testing.T) {
	needsActive(t, func(r *room, name, arn *string) error {
		_, err := r.StartStreamEncryption(r.ctx, &kinesis.StartStreamEncryptionInput{StreamName: name, StreamARN: arn, EncryptionType: types.EncryptionTypeKms, KeyId: aws.String("k")})
		return err
	})
	t.Run("KMS and a key are needed", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		_, err := r.StartStreamEncryption(r.ctx, &kinesis.StartStreamEncryptionInput{StreamName: aws.String("a"), EncryptionType: types.EncryptionTypeNone, KeyId: aws.String("k")})
		requireError(t, err, codeArgument, "Invalid EncryptionType NONE. The only valid value is KMS.")
		_, err = r.StopStreamEncryption(r.ctx, &kinesis.StopStreamEncryptionInput{StreamName: aws.String("a"), EncryptionType: types.EncryptionTypeNone, KeyId: aws.String("k")})
		requireError(t, err, codeArgument, "Invalid EncryptionType NONE. The only valid value is KMS.")
		_, err = r.StartStreamEncryption(r.ctx, &kinesis.StartStreamEncryptionInput{StreamName: aws.String("a"), EncryptionType: types.EncryptionTypeKms})
		requireError(t, err, codeInvalid, "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null")
		require.Equal(t, "NONE", r.encryption())
	})
	t.Run("any form of key comes back as given", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		for _, key := range []string{"alias/aws/kinesis", "12345678-1234-1234-1234-123456789012", "alias/mine",
			"arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012", "arn:aws:kms:us-east-1:123456789012:alias/mine"} {
			require.NoError(t, r.encrypt(key))
			require.Equal(t, "KMS "+key, r.encryption())
		}
		r.restart()
		require.Equal(t, "KMS arn:aws:kms:us-east-1:123456789012:alias/mine", r.encryption())
		require.NoError(t, r.decrypt())
		require.Equal(t, "NONE", r.encryption())
		require.NoError(t, r.decrypt())
	})
	t.Run("takes effect at the end of UPDATING", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		r.clock.Step(minute)
		require.NoError(t, r.encrypt("k"))
		require.Equal(t, "UPDATING", r.status("a"))
		require.Equal(t, "NONE", r.encryption())
		require.Empty(t, r.put("a", "k", "x").EncryptionType)
		r.clock.Step(minute)
		require.Equal(t, "KMS k", r.encryption())
		require.Equal(t, types.EncryptionTypeKms, r.put("a", "k", "x").EncryptionType)
		require.NoError(t, r.decrypt())
		require.Equal(t, types.EncryptionTypeKms, r.put("a", "k", "x").EncryptionType)
		r.clock.Step(minute)
		require.Equal(t, "ACTIVE", r.status("a"))
		require.Empty(t, r.put("a", "k", "x").EncryptionType)
	})
	t.Run("records keep what they were written as", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.put("a", "k", "before")
		require.NoError(t, r.encrypt("k"))
		r.put("a", "k", "during")
		require.NoError(t, r.decrypt())
		r.put("a", "k", "after")
		var kinds []types.EncryptionType
		for _, record := range r.get(r.iterator("a", "0", types.ShardIteratorTypeTrimHorizon)).Records {
			kinds = append(kinds, record.EncryptionType)
		}
		require.Equal(t, []types.EncryptionType{"", types.EncryptionTypeKms, ""}, kinds)
	})
	t.Run("25 a day where limits per time are enforced", func(t *testing.T) {
		for _, enforced := range []bool{true, false} {
			r := open(t, func(c *Config) { c.Limits.Enforced = enforced })
			r.create("a", 1)
			for range 25 {
				require.NoError(t, r.encrypt("k"))
				require.NoError(t, r.decrypt())
				r.clock.Step(minute)
			}
			if !enforced {
				require.NoError(t, r.encrypt("k"))
				continue
			}
			requireError(t, r.encrypt("k"), codeLimit, "StartStreamEncryption is limited to 25 successful calls in 24 hours for stream a under account 123456789012.")
			r.clock.Step(24*time.Hour - 25*minute)
			require.NoError(t, r.encrypt("k"))
			require.Equal(t, codeLimit, codeOf(r.encrypt("k")))
		}
	})
}
