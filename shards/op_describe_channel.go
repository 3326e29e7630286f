package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DescribeChannel tells all about a channel. ChannelStatusReason says why it
// FAILED, or why an ACTIVE one does not get its records delivered.
//
// State: real
// Notes: ChannelStatusReason also tells of deliveries that are tried again
// Test: TestDescribeChannel
func (s *Streams) DescribeChannel(ctx context.Context, in *kinesis.DescribeChannelInput, _ ...opt) (*kinesis.DescribeChannelOutput, error) {
	if err := s.admitCall(ctx, "DescribeChannel", commonCalls, nil, nil); err != nil {
		return nil, err
	}
	c, err := s.channelByARN(ctx, in.ChannelARN)
	if err != nil {
		return nil, err
	}
	return &kinesis.DescribeChannelOutput{ChannelDescription: c.description(c.view.Load().state)}, nil
}
