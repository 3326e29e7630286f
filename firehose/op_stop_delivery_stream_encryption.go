package firehose

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/firehose"
)

// StopDeliveryStreamEncryption says that records are no longer encrypted.
//
// State: stored
// Notes: shown by Encrypted and descriptions; records are not encrypted
// Test: TestEncryption
func (f *Firehose) StopDeliveryStreamEncryption(ctx context.Context, in *firehose.StopDeliveryStreamEncryptionInput, _ ...opt) (*firehose.StopDeliveryStreamEncryptionOutput, error) {
	s, err := f.find(ctx, in.DeliveryStreamName)
	if err != nil {
		return nil, err
	}
	return &firehose.StopDeliveryStreamEncryptionOutput{}, f.change(ctx, s, func(st *streamState, now time.Time) (*streamState, error) {
		if err := s.admitEncryption(st); err != nil {
			return nil, err
		}
		next := st.clone()
		next.Encryption = encryption{}
		if st.Encryption.Enabled && f.config.Transition > 0 {
			next.Encryption.Changing = millis(now.Add(f.config.Transition))
		}
		return next, nil
	})
}
