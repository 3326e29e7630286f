package firehose

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/firehose"
)

// DescribeDeliveryStream shows a delivery stream with what was left out at its
// creation filled in. It has one destination, whatever the request asks to
// start after.
//
// State: real
// Notes:
// Test: TestDescribeDeliveryStream
func (f *Firehose) DescribeDeliveryStream(ctx context.Context, in *firehose.DescribeDeliveryStreamInput, _ ...opt) (*firehose.DescribeDeliveryStreamOutput, error) {
	s, err := f.find(ctx, in.DeliveryStreamName)
	if err != nil {
		return nil, err
	}
	return &firehose.DescribeDeliveryStreamOutput{DeliveryStreamDescription: describe(s.key, s.state.Load())}, nil
}
