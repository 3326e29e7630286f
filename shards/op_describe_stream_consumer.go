package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DescribeStreamConsumer tells about one consumer, which may be addressed by
// its ARN, by the stream's ARN and its name, or by all three.
//
// State: real
// Notes: by ARN, by stream and name, or both
// Test: TestDescribeStreamConsumer
func (s *Streams) DescribeStreamConsumer(ctx context.Context, in *kinesis.DescribeStreamConsumerInput, _ ...opt) (*kinesis.DescribeStreamConsumerOutput, error) {
	st, c, err := s.resolveConsumer(ctx, findsConsumer{in.StreamARN, in.ConsumerName, in.ConsumerARN})
	if err != nil {
		return nil, err
	}
	if err := s.admitStreamCall(ctx, "DescribeStreamConsumer", consumerCalls, st); err != nil {
		return nil, err
	}
	return &kinesis.DescribeStreamConsumerOutput{ConsumerDescription: c.description(st.key)}, nil
}
