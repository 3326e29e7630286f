package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DeleteChannel is refused: channels, which deliver a stream to S3 or S3 Tables
// without Firehose, do not exist here.
//
// State: refused
// Notes: channels are not available
// Test: TestDeleteChannel
func (s *Streams) DeleteChannel(ctx context.Context, _ *kinesis.DeleteChannelInput, _ ...opt) (*kinesis.DeleteChannelOutput, error) {
	if err := s.admitCall(ctx, "DeleteChannel", commonCalls, nil, nil); err != nil {
		return nil, err
	}
	return nil, errChannels("DeleteChannel")
}
