package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// ListChannels is refused: channels, which deliver a stream to S3 or S3 Tables
// without Firehose, do not exist here.
//
// State: refused
// Notes: channels are not available
// Test: TestListChannels
func (s *Streams) ListChannels(ctx context.Context, _ *kinesis.ListChannelsInput, _ ...opt) (*kinesis.ListChannelsOutput, error) {
	if err := s.admitCall(ctx, "ListChannels", commonCalls, nil, nil); err != nil {
		return nil, err
	}
	return nil, errChannels("ListChannels")
}
