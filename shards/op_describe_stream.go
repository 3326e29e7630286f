package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// describedShards is how many shards DescribeStream shows at most.
const describedShards = 100

// DescribeStream tells everything about a stream that the first clients knew
// of, and its shards in the order of their creation, 100 a page. Closed shards
// stay until their data has expired. A stream in CREATING has no shards yet.
//
// State: real
// Notes: at most 100 shards a page
// Test: TestDescribeStream
func (s *Streams) DescribeStream(ctx context.Context, in *kinesis.DescribeStreamInput, _ ...opt) (*kinesis.DescribeStreamOutput, error) {
	if err := s.admitCall(ctx, "DescribeStream", describeCalls, in.StreamName, in.StreamARN); err != nil {
		return nil, err
	}
	st, err := s.resolve(ctx, in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	v := st.view.Load()
	out := &types.StreamDescription{
		StreamName:              aws.String(st.key.name),
		StreamARN:               aws.String(st.key.arn().String()),
		StreamStatus:            types.StreamStatus(v.state.Status),
		StreamModeDetails:       &types.StreamModeDetails{StreamMode: types.StreamMode(v.state.Mode)},
		RetentionPeriodHours:    aws.Int32(int32(v.state.Retention)),
		StreamCreationTimestamp: aws.Time(timeOf(v.state.Created)),
		EnhancedMonitoring:      v.state.monitoring(),
	}
	out.EncryptionType, out.KeyId = v.state.encryption()
	horizon := millis(v.state.horizon(s.clock.Now()))
	limit := atMost(in.Limit, describedShards)
	// Ids have twelve digits, so their order as text is the order of indexes;
	// a start that is no id at all still has its place in it.
	after := aws.ToString(in.ExclusiveStartShardId)
	out.Shards, out.HasMoreShards = make([]types.Shard, 0, min(limit, len(v.layout.shards))), aws.Bool(false)
	for i := range v.layout.shards {
		sh := &v.layout.shards[i]
		if sh.id <= after || sh.expired(horizon) {
			continue
		}
		if len(out.Shards) == limit {
			out.HasMoreShards = aws.Bool(true)
			break
		}
		out.Shards = append(out.Shards, sh.shape())
	}
	return &kinesis.DescribeStreamOutput{StreamDescription: out}, nil
}

// atMost is the page size of a request that may ask for one.
func atMost(asked *int32, most int) int {
	if asked == nil {
		return most
	}
	return min(max(int(*asked), 1), most)
}
