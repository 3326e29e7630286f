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
	if err := s.admitCall(ctx, "StartStreamEncryption", commonCalls, in.StreamName, in.StreamARN); err != nil {
		return nil, err
	}
	err := s.reencrypt(ctx, in.StreamName, in.StreamARN, in.EncryptionType, in.KeyId, func(k streamKey, v *view, now time.Time) (command, error) {
		if err := s.perDay(k, v.state, startedEncryption, "StartStreamEncryption", encryptionsPerDay, now); err != nil {
			return nil, err
		}
		return &setEncryption{KeyID: *in.KeyId}, nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.StartStreamEncryptionOutput{}, nil
}

// reencrypt changes the encryption of a stream at the end of its UPDATING.
// Both directions want KMS and a key.
func (s *Streams) reencrypt(ctx context.Context, name, arn *string, kind types.EncryptionType, key *string,
	decide func(k streamKey, v *view, now time.Time) (command, error)) error {
	st, err := s.resolve(ctx, name, arn)
	if err != nil {
		return err
	}
	return s.change(ctx, st, func(v *view, now time.Time) (command, error) {
		switch err := v.ready(st.key); {
		case err != nil:
			return nil, err
		case kind != types.EncryptionTypeKms:
			return nil, errEncryptionType(kind)
		case aws.ToString(key) == "":
			return nil, errMissing("keyId")
		}
		then, err := decide(st.key, v, now)
		if err != nil || then == nil {
			return nil, err
		}
		return s.updating(now, nil, then)
	})
}
