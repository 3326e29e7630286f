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
		if v.state.KeyID == "" {
			return nil, nil
		}
		if err := s.perDay(st.key, v.state, stoppedEncryption, "StopStreamEncryption", encryptionsPerDay, now); err != nil {
			return nil, err
		}
		return s.updating(now, nil, &setEncryption{})
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.StopStreamEncryptionOutput{}, nil
}
