package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// StopStreamEncryption takes back what StartStreamEncryption did, once the
// UPDATING is over; records keep what they say. A stream that is not encrypted
// stays as it is. The key need not be the one in use.
//
// State: stored
// Notes: marks the stream and later records
// Test: TestStreamEncryption
func (s *Streams) StopStreamEncryption(ctx context.Context, in *kinesis.StopStreamEncryptionInput, _ ...opt) (*kinesis.StopStreamEncryptionOutput, error) {
	if err := s.admitCall(ctx, "StopStreamEncryption", commonCalls, in.StreamName, in.StreamARN); err != nil {
		return nil, err
	}
	err := s.reencrypt(ctx, in.StreamName, in.StreamARN, in.EncryptionType, in.KeyId, func(k streamKey, v *view, now time.Time) (command, error) {
		if v.state.KeyID == "" {
			return nil, nil
		}
		if err := s.perDay(k, v.state, stoppedEncryption, "StopStreamEncryption", encryptionsPerDay, now); err != nil {
			return nil, err
		}
		return &setEncryption{}, nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.StopStreamEncryptionOutput{}, nil
}
