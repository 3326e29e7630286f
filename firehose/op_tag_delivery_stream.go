package firehose

import (
	"context"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/firehose"
)

// TagDeliveryStream adds tags or changes their values, in CREATING too.
//
// State: real
// Notes: 50 tags a stream
// Test: TestTags
func (f *Firehose) TagDeliveryStream(ctx context.Context, in *firehose.TagDeliveryStreamInput, _ ...opt) (*firehose.TagDeliveryStreamOutput, error) {
	s, err := f.find(ctx, in.DeliveryStreamName)
	if err != nil {
		return nil, err
	}
	return &firehose.TagDeliveryStreamOutput{}, f.change(ctx, s, func(st *streamState, _ time.Time) (*streamState, error) {
		if st.Status == statusDeleting {
			return nil, errUpdateWhile(s.key, st.Status)
		}
		tags, err := mergeTags(s.key, st.Tags, in.Tags)
		if err != nil || maps.Equal(tags, st.Tags) {
			return nil, err
		}
		next := st.clone()
		next.Tags = tags
		return next, nil
	})
}
