package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// DescribeStreamSummary tells everything about a stream but its shards. Shards
// count as they are: during a reshard the old ones do. A StreamId is never
// returned, because clients would send it to the real cloud.
//
// State: real
// Notes: without StreamId
// Test: TestDescribeStreamSummary
func (s *Streams) DescribeStreamSummary(ctx context.Context, in *kinesis.DescribeStreamSummaryInput, _ ...opt) (*kinesis.DescribeStreamSummaryOutput, error) {
	if err := s.admitCall(ctx, "DescribeStreamSummary", summaryCalls, in.StreamName, in.StreamARN); err != nil {
		return nil, err
	}
	st, err := s.resolve(ctx, in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	v := st.view.Load()
	out := &types.StreamDescriptionSummary{
		StreamName:              aws.String(st.key.name),
		StreamARN:               aws.String(st.key.arn().String()),
		StreamStatus:            types.StreamStatus(v.state.Status),
		StreamModeDetails:       &types.StreamModeDetails{StreamMode: types.StreamMode(v.state.Mode)},
		RetentionPeriodHours:    aws.Int32(int32(v.state.Retention)),
		StreamCreationTimestamp: aws.Time(timeOf(v.state.Created)),
		EnhancedMonitoring:      v.state.monitoring(),
		OpenShardCount:          aws.Int32(int32(len(v.layout.open))),
		ConsumerCount:           aws.Int32(int32(len(v.state.Consumers))),
		MaxRecordSizeInKiB:      aws.Int32(int32(v.state.MaxRecordKiB)),
	}
	out.EncryptionType, out.KeyId = v.state.encryption()
	if v.state.Mode == modeOnDemand {
		out.RecordDistributionStrategy = v.state.strategy()
		out.ChannelCount = aws.Int32(int32(len(st.channels())))
		if v.state.Warm != (warmThroughput{}) && s.committed(st.key) {
			out.WarmThroughput = v.state.Warm.shape()
		}
	}
	return &kinesis.DescribeStreamSummaryOutput{StreamDescriptionSummary: out}, nil
}
