package firehose

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/firehose"
)

// UntagDeliveryStream removes tags; keys that are not there are passed by.
//
// State: real
// Notes:
// Test: TestTags
func (f *Firehose) UntagDeliveryStream(ctx context.Context, in *firehose.UntagDeliveryStreamInput, _ ...opt) (*firehose.UntagDeliveryStreamOutput, error) {
	s, err := f.find(ctx, in.DeliveryStreamName)
	if err != nil {
		return nil, err
	}
	return &firehose.UntagDeliveryStreamOutput{}, f.change(ctx, s, func(st *streamState, _ time.Time) (*streamState, error) {
		if st.Status == statusDeleting {
			return nil, errUpdateWhile(s.key, st.Status)
		}
		next := st.clone()
		for _, key := range in.TagKeys {
			delete(next.Tags, key)
		}
		return next, nil
	})
}
