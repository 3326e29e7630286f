package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// UpdateChannel is refused: channels, which deliver a stream to S3 or S3 Tables
// without Firehose, do not exist here.
//
// State: refused
// Notes: channels are not available
// Test: TestUpdateChannel
func (s *Streams) UpdateChannel(ctx context.Context, _ *kinesis.UpdateChannelInput, _ ...opt) (*kinesis.UpdateChannelOutput, error) {
	if err := s.admitCall(ctx, "UpdateChannel", commonCalls, nil, nil); err != nil {
		return nil, err
	}
	return nil, errChannels("UpdateChannel")
}
