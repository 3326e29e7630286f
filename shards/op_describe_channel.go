package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DescribeChannel is refused: channels, which deliver a stream to S3 or S3 Tables
// without Firehose, do not exist here.
//
// State: refused
// Notes: channels are not available
// Test: TestDescribeChannel
func (s *Streams) DescribeChannel(ctx context.Context, _ *kinesis.DescribeChannelInput, _ ...opt) (*kinesis.DescribeChannelOutput, error) {
	if err := s.admitCall(ctx, "DescribeChannel", commonCalls, nil, nil); err != nil {
		return nil, err
	}
	return nil, errChannels("DescribeChannel")
}
