package firehose

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
)

// StartDeliveryStreamEncryption says that records are encrypted from now on,
// or with another key. Nothing is encrypted here; answers of puts say so once
// the change is over.
//
// State: stored
// Notes: shown by Encrypted and descriptions; records are not encrypted
// Test: TestEncryption
func (f *Firehose) StartDeliveryStreamEncryption(ctx context.Context, in *firehose.StartDeliveryStreamEncryptionInput, _ ...opt) (*firehose.StartDeliveryStreamEncryptionOutput, error) {
	s, err := f.find(ctx, in.DeliveryStreamName)
	if err != nil {
		return nil, err
	}
	asked := in.DeliveryStreamEncryptionConfigurationInput
	if asked == nil {
		asked = &types.DeliveryStreamEncryptionConfigurationInput{}
	}
	return &firehose.StartDeliveryStreamEncryptionOutput{}, f.change(ctx, s, func(st *streamState, now time.Time) (*streamState, error) {
		if err := s.admitEncryption(st); err != nil {
			return nil, err
		}
		next := st.clone()
		return next, next.Encryption.enable(asked, s.key.region, millis(now), f.config.Transition)
	})
}

// admitEncryption holds a change of the encryption to the stream's state.
func (s *stream) admitEncryption(st *streamState) error {
	switch {
	case st.Status != statusActive:
		return errUpdateWhile(s.key, st.Status)
	case st.Type != directPut:
		return errInvalid("Server side encryption from firehose is only allowed for direct put delivery streams and database as a source delivery streams")
	}
	return nil
}
