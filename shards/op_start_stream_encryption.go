package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// StartStreamEncryption makes a stream show KMS and the key as it was given,
// once its UPDATING is over; records written from then on say that they are
// encrypted, and so do the answers to puts. Another key replaces the first.
//
// Deviation: there are no keys. Any KeyId is taken and nothing is encrypted.
//
// State: stored
// Notes: marks the stream and later records; nothing is encrypted
// Test: TestStreamEncryption
func (s *Streams) StartStreamEncryption(ctx context.Context, in *kinesis.StartStreamEncryptionInput, _ ...opt) (*kinesis.StartStreamEncryptionOutput, error) {
	st, err := s.resolve(ctx, in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, st, func(v *view, now time.Time) (command, error) {
		if err := v.ready(st.key); err != nil {
			return nil, err
		}
		if err := checkEncryption(in.EncryptionType, in.KeyId); err != nil {
			return nil, err
		}
		if err := s.perDay(st.key, v.state, startedEncryption, "StartStreamEncryption", encryptionsPerDay, now); err != nil {
			return nil, err
		}
		return s.updating(now, nil, &setEncryption{KeyID: *in.KeyId})
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.StartStreamEncryptionOutput{}, nil
}

// checkEncryption is for both directions: each wants KMS and a key.
func checkEncryption(kind types.EncryptionType, key *string) error {
	if kind != types.EncryptionTypeKms {
		return errEncryptionType(kind)
	}
	if aws.ToString(key) == "" {
		return errMissing("keyId")
	}
	return nil
}
