package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// CreateChannel is refused: channels, which deliver a stream to S3 or S3 Tables
// without Firehose, do not exist here.
//
// State: refused
// Notes: channels are not available
// Test: TestChannels
func (s *Streams) CreateChannel(ctx context.Context, _ *kinesis.CreateChannelInput, _ ...opt) (*kinesis.CreateChannelOutput, error) {
	if err := s.admitCall(ctx, "CreateChannel", commonCalls, nil, nil); err != nil {
		return nil, err
	}
	return nil, errChannels("CreateChannel")
}
