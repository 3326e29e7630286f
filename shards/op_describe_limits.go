package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DescribeLimits counts the open shards and the on-demand streams of the
// account in this region, and tells how many there may be. Shards that a
// stream in CREATING will have count already, as they do for the quota. No
// quota of channels is published but that of a stream, so their limit is what
// all on-demand streams together can have.
//
// State: real
// Notes: a channel quota of two for each on-demand stream
// Test: TestDescribeLimits
func (s *Streams) DescribeLimits(ctx context.Context, _ *kinesis.DescribeLimitsInput, _ ...opt) (*kinesis.DescribeLimitsOutput, error) {
	if err := s.admitCall(ctx, "DescribeLimits", describeLimitsCalls, nil, nil); err != nil {
		return nil, err
	}
	k := s.caller(ctx)
	use := s.use(k)
	return &kinesis.DescribeLimitsOutput{
		ShardLimit:               aws.Int32(int32(s.shardQuota(k.region))),
		OpenShardCount:           aws.Int32(int32(use.open)),
		OnDemandStreamCount:      aws.Int32(int32(use.onDemand)),
		OnDemandStreamCountLimit: aws.Int32(onDemandStreams),
		ChannelCount:             aws.Int32(int32(len(s.channelsOf(k, nil)))),
		ChannelCountLimit:        aws.Int32(channelsOfAccount),
	}, nil
}
