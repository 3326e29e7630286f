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
func (s *Streams) ListChannels(_ context.Context, _ *kinesis.ListChannelsInput, _ ...opt) (*kinesis.ListChannelsOutput, error) {
	return nil, errChannels("ListChannels")
}
